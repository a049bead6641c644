import { quote } from "../names/identifier";
import type { TableId } from "../names/resource-id";
import type { MonitoringSettings } from "./settings";

/** One alerting rule of Prometheus. */
interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string };
}

interface RuleGroup {
  readonly name: string;
  readonly rules: readonly AlertRule[];
}

type Severity = "warning" | "critical";

/** Everything that somebody is told of, with what to do about it. */
export function ruleGroups(settings: MonitoringSettings): RuleGroup[] {
  const rules = [
    ...runwayRules(settings),
    ...creationRules(settings),
    ...sizeRules(settings),
    defaultRule(settings),
    slowRule(settings),
    silentRule(),
  ];
  return [
    {
      name: "pgpartition",
      rules: rules.map((rule) => ({ ...rule, labels: { ...settings.labels, ...rule.labels } })),
    },
  ];
}

/** As an alert reads it: the table that it is about. */
const NAME = "{{ $labels.schema }}.{{ $labels.table }}";

function runwayRules(settings: MonitoringSettings): AlertRule[] {
  const runway = "pgpartition_runway_seconds";
  const own = settings.runwayOf.map(({ table }) => `${runway}${selector(table)}`);
  const others = own.length === 0 ? runway : `(${runway} unless on (schema, table) (${own.join(" or ")}))`;
  const short = (expr: string) =>
    rule("PgpartitionRunwayShort", "warning", expr, "15m", {
      summary: `${NAME} takes rows for {{ $value | humanizeDuration }} more`,
      description: "Run pulumi up, or see why the schedule makes no partitions. Then lengthen the lead of the window.",
    });
  return [
    short(`${others} < ${settings.runwaySeconds}`),
    ...settings.runwayOf.map(({ table, seconds }) => short(`${runway}${selector(table)} < ${seconds}`)),
    rule("PgpartitionRunwayGone", "critical", `${runway} <= 0`, "1m", {
      summary: `${NAME} has no partition for the present time`,
      description: "Inserts fail now. Run pulumi up at once.",
    }),
  ];
}

function creationRules(settings: MonitoringSettings): AlertRule[] {
  return [
    rule(
      "PgpartitionCreationFailed",
      "warning",
      "pgpartition_creation_missing > 0",
      duration(settings.creationSeconds),
      {
        summary: `${NAME} lacks {{ $value }} partitions that are due`,
        description: "The schedule or the last update could not make them. pulumi up says why, and makes them.",
      },
    ),
    rule("PgpartitionJobFailed", "warning", "pgpartition_job_failed > 0", "5m", {
      summary: `The last run of job {{ $labels.job }} of ${NAME} failed`,
      description: `select * from ${quote(settings.managementSchema)}.job_health() has its message.`,
    }),
    rule("PgpartitionJobSilent", "warning", `pgpartition_job_idle_seconds > ${settings.jobSilentSeconds}`, "15m", {
      summary: `Job {{ $labels.job }} of ${NAME} has not run for {{ $value | humanizeDuration }}`,
      description: "See whether pg_cron runs, may connect, and has a free worker.",
    }),
    rule("PgpartitionJobNotSeen", "warning", "pgpartition_job_visible == 0 or pgpartition_job_inactive > 0", "15m", {
      summary: `Job {{ $labels.job }} of ${NAME} is gone, switched off, or hidden from the exporter`,
      description: "pulumi up --refresh makes it again. pg_cron shows a job only to its own role and to superusers.",
    }),
  ];
}

function sizeRules(settings: MonitoringSettings): AlertRule[] {
  const perPartition = settings.partitionSeries;
  const bytes = perPartition ? "pgpartition_partition_size_bytes" : "pgpartition_table_largest_bytes";
  const what = perPartition ? `Partition {{ $labels.partition }} of ${NAME}` : `The largest partition of ${NAME}`;
  const description =
    "A shorter interval keeps the next partitions smaller: partition_size.suggested_interval says which.";
  const size = `${what} has {{ $value | humanize1024 }}B`;
  const { smallBytes, warnBytes, alertBytes, imbalance } = settings;
  return [
    rule("PgpartitionSizeWarning", "warning", `${bytes} > ${warnBytes} and ${bytes} <= ${alertBytes}`, "30m", {
      summary: size,
      description,
    }),
    rule("PgpartitionSizeAlert", "critical", `${bytes} > ${alertBytes}`, "30m", { summary: size, description }),
    rule(
      "PgpartitionImbalance",
      "warning",
      `pgpartition_table_imbalance_ratio > ${imbalance} and pgpartition_table_largest_bytes > ${smallBytes}`,
      "6h",
      {
        summary: `The largest partition of ${NAME} is {{ $value | humanize }} times the median`,
        description: "Data of a wrong time, a tenant that grew, or an interval of another length.",
      },
    ),
  ];
}

function defaultRule(settings: MonitoringSettings): AlertRule {
  return rule("PgpartitionDefaultNotEmpty", "warning", `pgpartition_default_rows >= ${settings.defaultRows}`, "15m", {
    summary: `The default partition {{ $labels.partition }} of ${NAME} holds about {{ $value | humanize }} rows`,
    description: "No other partition takes their range. The next pulumi up moves what the window wants.",
  });
}

function slowRule(settings: MonitoringSettings): AlertRule {
  // Only statements that were called in the last quarter of an hour: a slow night is over in the morning.
  const mean =
    "increase(pgpartition_statement_seconds_total[15m]) / (increase(pgpartition_statement_calls_total[15m]) > 0)";
  return rule("PgpartitionSlowQuery", "warning", `${mean} > ${settings.slowQueryMs / 1000}`, "15m", {
    summary: `A statement on ${NAME} takes {{ $value | humanizeDuration }} in the mean`,
    description: `select * from ${quote(settings.managementSchema)}.slow_queries() has its text by query_id {{ $labels.query_id }}. Without a condition on the key it reads every partition.`,
  });
}

/** All the others are quiet as well when nothing is measured any more. */
function silentRule(): AlertRule {
  return rule("PgpartitionNothingMeasured", "warning", "absent(pgpartition_runway_seconds)", "30m", {
    summary: "No partitioned table is measured",
    description: "See whether postgres_exporter runs with the queries of pgpartition, and what its log says.",
  });
}

function rule(
  alert: string,
  severity: Severity,
  expr: string,
  wait: string,
  annotations: AlertRule["annotations"],
): AlertRule {
  return { alert, expr, for: wait, labels: { severity }, annotations };
}

/** A label matcher; Go escapes strings as JSON does. */
function selector(table: TableId): string {
  return `{schema=${JSON.stringify(table.schema)}, table=${JSON.stringify(table.table)}}`;
}

/** Whole seconds are a duration of Prometheus. */
function duration(seconds: number): string {
  return `${seconds}s`;
}
