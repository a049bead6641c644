import { stringify } from "yaml";
import { dashboard } from "./dashboard";
import { type MetricQuery, metricQueries } from "./queries";
import { alertRules } from "./rules";
import type { MonitoringSettings } from "./settings";
import { thresholdStatement } from "./thresholds";

/** The texts of the files, each in the format of the tool that reads it. */
export interface MonitoringTexts {
  /** For `--extend.query-path` of postgres_exporter. */
  readonly prometheusQueries: string;
  /** For `rule_files` of Prometheus. */
  readonly prometheusRules: string;
  /** JSON model of a dashboard. */
  readonly grafanaDashboard: string;
  /** SQL that gives the view partition_size the same thresholds. */
  readonly thresholds: string;
}

/** Names of the files in the folder that they are written to. */
export const MONITORING_FILES: Readonly<Record<keyof MonitoringTexts, string>> = {
  prometheusQueries: "postgres-exporter-queries.yaml",
  prometheusRules: "prometheus-rules.yaml",
  grafanaDashboard: "grafana-dashboard.json",
  thresholds: "thresholds.sql",
};

/** All files for the settings: the same settings give the same texts. */
export function monitoringTexts(settings: MonitoringSettings): MonitoringTexts {
  return {
    prometheusQueries: yaml(exporterQueries(metricQueries(settings))),
    prometheusRules: yaml(alertRules(settings)),
    grafanaDashboard: `${JSON.stringify(dashboard(settings), null, 2)}\n`,
    thresholds: `${thresholdStatement(settings.managementSchema, settings)};\n`,
  };
}

/** `master` keeps the exporter to the database that it was pointed at: others have no management schema. */
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

/** Long lines stay whole; YAML 1.1 as well, which both tools read. */
function yaml(value: object): string {
  return `# Made by pulumi-pgpartition: the next run writes it anew.\n${stringify(value, { lineWidth: 0, version: "1.1" })}`;
}
