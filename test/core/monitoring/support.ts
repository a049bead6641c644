// What the files of Monitoring say, read back by the parsers of their formats.
import { parser } from "@prometheus-io/lezer-promql";
import { parse } from "yaml";
import type { MonitoringSettingsArgs } from "../../../core/monitoring/monitoring-args";
import { renderMonitoringTexts } from "../../../core/monitoring/monitoring-files";
import { requireMonitoringSettings } from "../../../core/monitoring/monitoring-settings";

interface RulesFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly datasource: unknown;
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly datasource: unknown;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly Target[];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Record<string, unknown>[] };
}

type QueriesFile = Record<
  string,
  {
    readonly query: string;
    readonly master: boolean;
    readonly cache_seconds: number;
    readonly metrics: readonly Record<string, { readonly usage: string; readonly description: string }>[];
  }
>;

/** The files for the arguments, parsed. */
export function filesFor(args: MonitoringSettingsArgs = {}) {
  const texts = renderMonitoringTexts(requireMonitoringSettings(args, "test"));
  return {
    texts,
    queries: parse(texts.prometheusQueries, { version: "1.1" }) as QueriesFile,
    rules: (parse(texts.prometheusRules, { version: "1.1" }) as RulesFile).groups.flatMap((group) => group.rules),
    dashboard: JSON.parse(texts.grafanaDashboard) as Dashboard,
  };
}

/** Names that the exporter makes: name of the query and of the column. */
export function produced(queries: QueriesFile): string[] {
  return Object.entries(queries).flatMap(([name, { metrics }]) =>
    metrics.flatMap((metric) =>
      Object.entries(metric)
        .filter(([, { usage }]) => usage !== "LABEL")
        .map(([column]) => `${name}_${column}`),
    ),
  );
}

/** Metrics of an expression by Prometheus's own grammar; throws where it is not PromQL. Grafana's variable is a duration. */
export function metricsOf(expression: string): string[] {
  const text = expression.replaceAll("$__rate_interval", "5m");
  const names: string[] = [];
  parser.parse(text).iterate({
    enter: (node) => {
      if (node.type.isError) throw new Error(`not PromQL at ${String(node.from)}: ${text}`);
      if (node.name === "Identifier" && node.node.parent?.name === "VectorSelector")
        names.push(text.slice(node.from, node.to));
    },
  });
  return names;
}
