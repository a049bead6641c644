import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { MONITORING_FILES, type MonitoringTexts } from "../../core/monitoring/monitoring-files";
import { MANAGEMENT_VERSION, listUpgradeStatements } from "../../postgres/management/versions";
import {
  type Built,
  buildProgram,
  type DashboardReader,
  dashboardReader,
  GRAFANA_MODELS,
} from "../../tools/monitoring/programs";
import { filesFor, produced } from "../core/monitoring/support";
import { Deployment } from "../support/harness/deployment";
import { up } from "../support/harness/rounds";
import { skipBecause, type Skipping } from "../support/skip";
import { EXPORTER_GRANTS, presentProgram, run, scrape, withFiles, withMeasuredServer } from "./support";

/** The first build of a program takes a minute on two cores. */
const BUILD_MS = 300_000;

let built: Record<"rules" | "exporter", Built>;
beforeAll(async () => {
  built = { rules: await buildProgram("rules"), exporter: await buildProgram("exporter") };
}, BUILD_MS);

function pathOf(name: "rules" | "exporter", context: Skipping): string {
  const program = built[name];
  return "path" in program ? program.path : skipBecause(context, program.reason);
}

const variants = {
  plain: {},
  chosen: { tables: ["app.events"], alerts: { runwayOf: { 'app.a"\\b': "6 hours" } }, labels: { team: "it's: a" } },
  tables: { partitionSeries: false },
} as const;

it.for(Object.entries(variants))("Prometheus reads the rules: %s", async ([, args], context) => {
  const parser = pathOf("rules", context);
  const { texts } = filesFor(args);
  expect(await withFiles(texts, (folder) => run(parser, [join(folder, MONITORING_FILES.prometheusRules)]))).toEqual({
    code: 0,
    output: "",
  });
});

it("the reader of the rules refuses what Prometheus refuses", async (context) => {
  const path = pathOf("rules", context);
  const { texts } = filesFor();
  const broken = { ...texts, prometheusRules: texts.prometheusRules.replace("pgpartition_runway_seconds <", "sum( <") };
  const ended = await withFiles(broken, (folder) => run(path, [join(folder, MONITORING_FILES.prometheusRules)]));
  expect(ended).toMatchObject({ code: 1, output: expect.stringContaining("PgpartitionRunwayShort") as string });
});

describe.each(Object.keys(GRAFANA_MODELS) as (keyof typeof GRAFANA_MODELS)[])("Grafana's own model, %s", (version) => {
  let reader: DashboardReader;
  beforeAll(async () => {
    reader = await dashboardReader(version);
  }, BUILD_MS);

  const reads = (texts: MonitoringTexts, context: Skipping) => {
    if ("reason" in reader) return skipBecause(context, reader.reason);
    const { program, args } = reader;
    return withFiles(texts, (folder) => run(program, [...args, join(folder, MONITORING_FILES.grafanaDashboard)]));
  };

  it("knows all of the dashboard, and would write it alike", async (context) => {
    for (const args of Object.values(variants))
      expect(await reads(filesFor(args).texts, context)).toEqual({ code: 0, output: "" });
  });

  it("does not know what is misspelt", async (context) => {
    const { texts } = filesFor();
    const wrong = { ...texts, grafanaDashboard: texts.grafanaDashboard.replace('"gridPos"', '"gridpos"') };
    expect(await reads(wrong, context)).toMatchObject({
      code: 1,
      output: expect.stringMatching(/panels\[0\].*gridpos is not known/) as string,
    });
  });
});

describe.each([15, 18] as const)("on PostgreSQL %s", (version) => {
  const server = withMeasuredServer(version);

  // Something of everything: rows, a default partition with a row, a job that no longer exists, a slow statement.
  beforeAll(async () => {
    await server.query("create extension pg_stat_statements");
    await server.query("create schema app");
    expect((await up(server, new Deployment(), presentProgram())).error).toBeUndefined();
    await server.query(`create table app.events_rest partition of app.events default`);
    await server.query(`insert into app.events select g, now() from generate_series(1, 100) g`);
    await server.query(`insert into app.events values (1, '2001-01-01')`);
    await server.query(
      `update pgpartition.registry set schedule = '{"job": "j", "jobId": "1", "since": "2025-01-01T00:00:00Z"}' where table_name = 'events'`,
    );
    await server.query("select count(*), pg_sleep(0.3) from app.events");
    await server.query("analyze app.events");
    await server.query("create role exporter login password 'exporter'");
    for (const grant of EXPORTER_GRANTS("exporter", "pgpartition")) await server.query(grant);
  });

  it("each query runs for the role of an exporter, with the columns, labels and values of its metrics, no series twice", async () => {
    const { queries } = filesFor({ alerts: { slowQuery: "200 ms" } });
    for (const [name, { query, metrics }] of Object.entries(queries)) {
      const columns = metrics.flatMap(Object.keys);
      const labels = metrics.flatMap((metric) =>
        Object.entries(metric).flatMap(([column, { usage }]) => (usage === "LABEL" ? [column] : [])),
      );
      const rows = await server.as("exporter", () => server.query(query));
      expect(rows.length, name).toBeGreaterThan(0);
      for (const row of rows) {
        expect(Object.keys(row), name).toEqual(columns);
        for (const column of columns)
          if (labels.includes(column)) expect(typeof row[column], `${name}.${column}`).toBe("string");
          else expect(Number.isFinite(Number(row[column] ?? Number.NaN)), `${name}.${column}`).toBe(true);
      }
      expect(new Set(rows.map((row) => JSON.stringify(labels.map((column) => row[column])))).size).toBe(rows.length);
    }
  });

  it("a choice of tables leaves the others out", async () => {
    const { queries } = filesFor({ tables: ["app.o%2Ed\"d's"], alerts: { slowQuery: "200 ms" } });
    for (const { query } of Object.values(queries))
      for (const row of await server.query<{ table: string }>(query)) expect(row.table).toBe(`o.d"d's`);
    expect(await server.query(queries["pgpartition_table"]?.query ?? "")).toHaveLength(1);
  });

  it("postgres_exporter loads them and shows every metric without an error", async (context) => {
    const exporter = pathOf("exporter", context);
    const { texts, queries } = filesFor({ alerts: { slowQuery: "200 ms" } });
    const url = server.url.replace(/\/\/[^@]*@/, "//exporter:exporter@");
    const { text, log } = await withFiles(texts, (folder) =>
      scrape(exporter, url, join(folder, MONITORING_FILES.prometheusQueries)),
    );
    const shown = new Set([...text.matchAll(/^(pgpartition_\w+)\{/gm)].map((match) => match[1]));
    expect([...shown].sort(), log).toEqual([...produced(queries)].sort());
    expect(text).toMatch(/^pg_exporter_last_scrape_error 0$/m);
    expect(text).toMatch(/^pgpartition_default_rows\{partition="events_rest",.*,table="events".*\} [1-9]/m);
    expect(text).toMatch(/^pgpartition_job_visible\{.*job="j".*\} 0$/m);
  });

  it("another name of the management schema is quoted everywhere", async () => {
    const management = 'm"x';
    for (let installed = 1; installed <= MANAGEMENT_VERSION; installed += 1)
      for (const sql of listUpgradeStatements(installed, management)) await server.query(sql);
    const { queries } = filesFor({ managementSchema: management });
    for (const { query } of Object.values(queries)) expect(await server.query(query)).toEqual([]);
  });
});
