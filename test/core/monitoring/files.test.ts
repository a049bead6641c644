import { describe, expect, it } from "vitest";
import type { MonitoringSettingsArgs } from "../../../core/monitoring/monitoring-args";
import { listMetricNames, listMetricQueries } from "../../../core/monitoring/queries";
import { requireMonitoringSettings } from "../../../core/monitoring/monitoring-settings";
import { filesFor, metricsOf, produced } from "./support";

const VARIANTS: Readonly<Record<string, MonitoringSettingsArgs>> = {
  "no arguments": {},
  "chosen tables": { tables: ["public.events", "app.o%2Ed\"d's"], managementSchema: 'm"x' },
  "no table at all": { tables: [] },
  "tables with a runway of their own": {
    alerts: { runway: "14 days", runwayOf: { "a.b": "6 hours", "a.c\"'\\": "2 hours" } },
  },
  "series of tables only": { partitionSeries: false, labels: { team: "x: #y" }, title: 'A "title": yes' },
};

describe.each(Object.entries(VARIANTS))("the files for %s", (_name, args) => {
  const { texts, queries, rules, dashboard } = filesFor(args);

  it("are the same for the same arguments", () => {
    expect(filesFor(args).texts).toEqual(texts);
  });

  it("use no metric that the queries do not produce", () => {
    const expressions = [
      ...rules.map((rule) => rule.expr),
      ...dashboard.panels.flatMap((panel) => panel.targets.map((target) => target.expr)),
    ];
    const used = expressions.flatMap((expression) => {
      const metrics = metricsOf(expression);
      expect(metrics, expression).not.toEqual([]);
      return metrics;
    });
    expect(produced(queries)).toEqual(expect.arrayContaining([...new Set(used)]));
    expect(produced(queries)).toEqual(listMetricNames(listMetricQueries(requireMonitoringSettings(args, "test"))));
  });

  it("have queries with the fields and usages that postgres_exporter knows", () => {
    for (const [name, query] of Object.entries(queries)) {
      expect(name).toMatch(/^pgpartition_[a-z]+$/);
      expect(Object.keys(query).sort()).toEqual(["cache_seconds", "master", "metrics", "query"]);
      for (const metric of query.metrics) {
        const [[column = "", { usage, description } = { usage: "", description: "" }] = []] = Object.entries(metric);
        expect(column).toMatch(/^[a-z][a-z_]*$/);
        expect(["LABEL", "GAUGE", "COUNTER"]).toContain(usage);
        expect(description).not.toBe("");
        expect(column.endsWith("_total"), `${name}_${column}`).toBe(usage === "COUNTER");
      }
    }
  });

  it("have rules that say how severe it is, what is wrong and what to do, with labels that the metrics carry", () => {
    for (const rule of rules) {
      expect(Object.keys(rule).sort()).toEqual(["alert", "annotations", "expr", "for", "labels"]);
      expect(["warning", "critical"]).toContain(rule.labels["severity"]);
      expect(rule.labels).toMatchObject(args.labels ?? {});
      expect(rule.for).toMatch(/^\d+[smh]$/);
      const [metric = ""] = metricsOf(rule.expr);
      const query = Object.entries(queries).find(([name]) => metric.startsWith(`${name}_`))?.[1];
      const labels = query?.metrics.flatMap(Object.keys) ?? [];
      const named = [...JSON.stringify(rule.annotations).matchAll(/\$labels\.(\w+)/g)].map((match) => match[1]);
      expect(labels).toEqual(expect.arrayContaining(named));
    }
  });

  it("have a dashboard as Grafana documents it: ids of their own, places that do not overlap, one data source to choose", () => {
    expect(dashboard).toMatchObject({
      schemaVersion: 39,
      uid: "pgpartition",
      title: args.title ?? "Partitioned tables",
    });
    const ids = dashboard.panels.map((panel) => panel.id);
    expect(new Set(ids).size).toBe(ids.length);
    const source = { type: "prometheus", uid: "${datasource}" };
    for (const panel of dashboard.panels) {
      expect(["timeseries", "stat", "table"]).toContain(panel.type);
      expect(panel.datasource).toEqual(source);
      expect(panel.gridPos.x + panel.gridPos.w).toBeLessThanOrEqual(24);
      const refs = panel.targets.map((target) => target.refId);
      expect(refs).toEqual(["A", "B", "C", "D"].slice(0, refs.length));
      for (const target of panel.targets) expect(target.datasource).toEqual(source);
    }
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${String(x + (cell % w))}/${String(y + Math.floor(cell / w))}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    const variables = dashboard.templating.list.map((variable) => variable["name"]);
    expect(variables).toEqual(["datasource", "schema", "table"]);
    const used = [...JSON.stringify(dashboard).matchAll(/\$\{?([a-z]\w*)/g)].map((match) => match[1]);
    expect([...new Set(used)].sort()).toEqual(["datasource", "schema", "table"]);
  });
});

describe("the alerts", () => {
  const exprOf = (args: MonitoringSettingsArgs, alert: string) =>
    filesFor(args)
      .rules.filter((rule) => rule.alert === alert)
      .map((rule) => rule.expr);

  it("carry the declared limits", () => {
    const args: MonitoringSettingsArgs = {
      sizes: { small: "1 GB", warn: "50 GB", alert: "1 TB" },
      alerts: {
        runway: "3 days",
        jobSilent: "26 hours",
        creation: "2 hours",
        slowQuery: "250 ms",
        defaultRows: 5,
        imbalance: 4,
      },
    };
    expect(exprOf(args, "PgpartitionRunwayShort")).toEqual(["pgpartition_runway_seconds < 259200"]);
    expect(exprOf(args, "PgpartitionJobSilent")).toEqual(["pgpartition_job_idle_seconds > 93600"]);
    expect(exprOf(args, "PgpartitionDefaultNotEmpty")).toEqual(["pgpartition_default_rows >= 5"]);
    expect(exprOf(args, "PgpartitionSizeAlert")).toEqual(["pgpartition_partition_size_bytes > 1099511627776"]);
    expect(exprOf(args, "PgpartitionSizeWarning")[0]).toMatch(/ > 53687091200 and .* <= 1099511627776$/);
    expect(exprOf(args, "PgpartitionSlowQuery")[0]).toMatch(/ > 0\.25$/);
    expect(exprOf(args, "PgpartitionImbalance")[0]).toMatch(/^pgpartition_table_imbalance_ratio > 4 .* > 1073741824$/);
    expect(filesFor(args).rules.find((rule) => rule.alert === "PgpartitionCreationFailed")?.for).toBe("7200s");
    expect(filesFor(args).texts.thresholds).toBe(
      'SELECT "pgpartition".set_size_thresholds(1073741824, 53687091200, 1099511627776);\n',
    );
  });

  it("take a table with a runway of its own out of the common one", () => {
    const args: MonitoringSettingsArgs = { alerts: { runwayOf: { "a.b": "6 hours" } } };
    expect(exprOf(args, "PgpartitionRunwayShort")).toEqual([
      '(pgpartition_runway_seconds unless on (schema, table) (pgpartition_runway_seconds{schema="a", table="b"})) < 604800',
      'pgpartition_runway_seconds{schema="a", table="b"} < 21600',
    ]);
    // Each rule is written out: none is an alias of another.
    expect(filesFor(args).texts.prometheusRules).not.toMatch(/: [&*]a\d/);
  });
});

it("refuses wrong values together, each with its path", () => {
  const args = {
    tables: ["a.b.c"],
    sizes: { small: "10", warn: "1 GB", alert: "1 GB" },
    alerts: { runway: "7", slowQuery: "0 s", defaultRows: 0, runwayOf: { "#": "1 day" } },
    labels: { "a-b": "x", severity: "page" },
  } as unknown as MonitoringSettingsArgs;
  let message = "";
  try {
    requireMonitoringSettings(args, 'monitoring "m"');
  } catch (error) {
    message = String(error);
  }
  for (const path of [
    "tables[0]",
    "sizes.small",
    "sizes",
    "alerts.runway",
    'alerts.runwayOf["#"]',
    "alerts.slowQuery",
    "alerts.defaultRows",
    'labels["a-b"]',
    'labels["severity"]',
  ])
    expect(message).toContain(`\n  - ${path}: `);
});
