import { quote } from "../names/identifier";
import type { TableId } from "../names/resource-id";
import { fillPlaceholders } from "./placeholders";
import model from "./rules.json";
import type { MonitoringSettings } from "./monitoring-settings";

/** Returns the alerting rules of Prometheus from rules.json, each with its remedy. */
export function buildAlertRules(settings: MonitoringSettings): object {
  const { alertBytes, creationSeconds, defaultRows, imbalance, jobSilentSeconds, smallBytes, warnBytes } = settings;
  const { groups } = fillPlaceholders(model, {
    alertBytes,
    creationSeconds,
    defaultRows,
    imbalance,
    jobSilentSeconds,
    management: quote(settings.managementSchema),
    runwaySeconds: settings.runwaySeconds,
    sizeMetric: settings.partitionSeries ? "pgpartition_partition_size_bytes" : "pgpartition_table_largest_bytes",
    sizeSubject: settings.partitionSeries ? "Partition {{ $labels.partition }}" : "The largest partition",
    slowSeconds: settings.slowQueryMs / 1000,
    smallBytes,
    warnBytes,
  });
  return {
    groups: groups.map(({ name, rules: [short, ...others] }) => ({
      name,
      rules: [...(short ? buildRunwayRules(short, settings) : []), ...others].map((rule) => ({
        ...rule,
        labels: { ...settings.labels, ...rule.labels },
        // Copies each, because YAML writes a repeated object as an alias.
        annotations: { ...rule.annotations },
      })),
    })),
  };
}

const RUNWAY = "pgpartition_runway_seconds";

/** Returns the rule of a short runway, repeated for each table with its own limit. */
function buildRunwayRules<Rule extends { readonly expr: string }>(rule: Rule, settings: MonitoringSettings): Rule[] {
  const own = settings.runwayOf.map(({ table, seconds }) => ({ series: `${RUNWAY}${formatSelector(table)}`, seconds }));
  if (own.length === 0) return [rule];
  const others = `(${RUNWAY} unless on (schema, table) (${own.map(({ series }) => series).join(" or ")}))`;
  return [
    { ...rule, expr: rule.expr.replace(RUNWAY, () => others) },
    ...own.map(({ series, seconds }) => ({ ...rule, expr: `${series} < ${seconds}` })),
  ];
}

/** Returns a label matcher; Go escapes strings as JSON does. */
function formatSelector(table: TableId): string {
  return `{schema=${JSON.stringify(table.schema)}, table=${JSON.stringify(table.table)}}`;
}
