import { stringify } from "yaml";
import { dashboard } from "./dashboard";
import { type MetricQuery, metricQueries } from "./queries";
import { alertRules } from "./rules";
import type { MonitoringSettings } from "./monitoring-settings";
import { thresholdStatement } from "./thresholds";

/** Contents of the files, each in the format of the tool that reads it. */
export interface MonitoringTexts {
  /** For `--extend.query-path` of postgres_exporter. */
  readonly prometheusQueries: string;
  /** For `rule_files` of Prometheus. */
  readonly prometheusRules: string;
  /** JSON model of a dashboard. */
  readonly grafanaDashboard: string;
  /** SQL that sets the same thresholds for the view partition_size. */
  readonly thresholds: string;
}

/** Names of the files in their folder. */
export const MONITORING_FILES: Readonly<Record<keyof MonitoringTexts, string>> = {
  prometheusQueries: "postgres-exporter-queries.yaml",
  prometheusRules: "prometheus-rules.yaml",
  grafanaDashboard: "grafana-dashboard.json",
  thresholds: "thresholds.sql",
};

/** Returns all files for the settings: the same settings give the same contents. */
export function monitoringTexts(settings: MonitoringSettings): MonitoringTexts {
  return {
    prometheusQueries: yaml(exporterQueries(metricQueries(settings))),
    prometheusRules: yaml(alertRules(settings)),
    grafanaDashboard: `${JSON.stringify(dashboard(settings), null, 2)}\n`,
    thresholds: `${thresholdStatement(settings.managementSchema, settings)};\n`,
  };
}

/** Sets `master`, which limits the exporter to its configured database: others have no management schema. */
function exporterQueries(queries: readonly MetricQuery[]): object {
  return Object.fromEntries(
    queries.map(({ name, sql, cacheSeconds, columns }) => [
      name,
      {
        query: sql,
        master: true,
        cache_seconds: cacheSeconds,
        metrics: columns.map((column) => ({
          [column.name]: { usage: column.usage, description: column.description },
        })),
      },
    ]),
  );
}

/** Formats as YAML 1.1, which both tools read, without breaking long lines. */
function yaml(value: object): string {
  return `# Made by pulumi-pgpartition: the next run writes it anew.\n${stringify(value, { lineWidth: 0, version: "1.1" })}`;
}
