// The events of workflow runs (S1): the lists of its document, on the real engine, a server with pg_cron and an object store.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as checks from "../../examples/workflow-events/checks";
import { load } from "../../examples/workflow-events/load";
import { withCronServer } from "../support/harness/cron-server";
import { BUILD_MS, withObjectStore } from "../support/harness/object-store";
import { withExample } from "./example";

const NOW = "2026-05-10T12:00:00Z";
const NEXT_MONTH = "2026-06-10T12:00:00Z";
const ROWS = 12_000;
const RUN = "md5('run 7')::uuid";

const database = withCronServer();
const store = withObjectStore();
const { pulumi } = withExample("workflow-events", database, NOW);
const up = () => pulumi("up", "--yes", "--skip-preview");

/** With its arguments in the text, which EXPLAIN needs. */
const filled = (sql: string, ...values: readonly string[]): string =>
  values.reduce((text, value, index) => text.replaceAll(`$${index + 1}`, value), sql);

/** What a plan reads, and its text. */
async function explain(sql: string): Promise<{ reads: string[]; text: string }> {
  const lines = await database.query<{ "QUERY PLAN": string }>(`explain (costs off) ${sql}`);
  const text = lines.map((line) => line["QUERY PLAN"]).join("\n");
  return { reads: [...new Set(text.match(/workflow_events_y\d{4}m\d\d(?= |$)/gm))].sort(), text };
}

const kind = async () => (await database.query<{ kind: string }>(checks.KIND))[0]?.kind;
const count = async (of: string) =>
  (await database.query<{ rows: number }>(`select count(*)::int as rows from ${of}`))[0]?.rows;

/** A statement of the application that is rolled back. */
async function tryOut(sql: string, values: readonly string[]): Promise<unknown[]> {
  const client = await database.connect();
  try {
    await client.query("begin");
    const { rows } = await client.query<object>(sql, [...values]);
    await client.query("rollback");
    return rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  if (database.missing() !== undefined) return;
  const client = await database.connect();
  try {
    await client.query(`alter schema public owner to ${database.user}; set role ${database.user}`);
    await load(client, ROWS, NOW);
  } finally {
    await client.end();
  }
  const { to, endpoint } = store.settings();
  await pulumi("config", "set", "--path", "archive.to", to);
  if (endpoint !== undefined) await pulumi("config", "set", "--path", "archive.endpoint", endpoint);
}, BUILD_MS);
afterAll(async () => {
  if (database.missing() === undefined) await database.query("select cron.unschedule(jobid) from cron.job");
});

test("is partitioned by copy in one update, with every row, its partitions, indexes and functions", async () => {
  await pulumi("config", "set", "rollbackUntil", "2099-01-01");
  expect(await pulumi("preview")).toContain("conversion of public.workflow_events by copy (about 12,000 rows");
  expect(await kind()).toBe("r");
  await up();
  expect(await kind()).toBe("p");
  expect(await database.query(checks.COUNTS)).toEqual([{ current: ROWS, former: ROWS }]);
  const partitions = await database.query<{ partition: string }>(checks.PARTITIONS);
  expect(partitions).toContainEqual({
    partition: "workflow_events_y2026m01",
    bounds: "FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2026-02-01 00:00:00+00')",
  });
  const names = partitions.map(({ partition }) => partition);
  // Twelve months back, the present one, three ahead.
  expect(names).toEqual(expect.arrayContaining(["workflow_events_y2025m05", "workflow_events_y2026m08"]));
  expect(await database.query(checks.WITHOUT_INDEXES)).toEqual([]);
  expect(await database.query(checks.MISSING_FUNCTIONS)).toEqual([]);
  await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
});

test("takes a probe into the partition of its month, and into a month that is made by hand", async () => {
  const [run] = await database.query<{ run: string }>(`select ${RUN} as run`);
  const probe = (at: string) => tryOut(checks.PROBE, [run?.run ?? "", at]);
  expect(await probe(NOW)).toEqual([{ partition: "workflow_events_y2026m05" }]);
  const [last] = await database.query<{ next: string; partition: string }>(
    `select max(ends_at)::text as next, to_char(max(ends_at) at time zone 'UTC', '"workflow_events_y"YYYY"m"MM') as partition
     from public.workflow_events_partition_info`,
  );
  const { next = "", partition = "" } = last ?? {};
  await expect(probe(next)).rejects.toThrow('no partition of relation "workflow_events" found for row');
  await database.query("select public.create_workflow_events_partition($1::timestamptz)", [next]);
  expect(await probe(next)).toEqual([{ partition }]);
  expect(await database.query(checks.WITHOUT_INDEXES)).toEqual([]);
  await database.query("select public.maintain_workflow_events_partitions()");
});

test("reads the partitions of a range alone, as text and by its function", async () => {
  const range = ["'2026-01-15Z'", "'2026-02-20Z'"] as const;
  expect((await explain(filled(checks.IN_RANGE, ...range))).reads).toEqual([
    "workflow_events_y2026m01",
    "workflow_events_y2026m02",
  ]);
  const ofRun = await explain(filled(checks.OF_RUN, RUN, ...range));
  expect(ofRun.reads).toEqual(["workflow_events_y2026m01", "workflow_events_y2026m02"]);
  expect(ofRun.text).toMatch(/run_(id|ts)_idx/);
  expect(await count(`(${filled(checks.OF_RUN, RUN, ...range)}) e`)).toBe(
    await count(`(${filled(checks.IN_RANGE, ...range)}) e where run_id = ${RUN}`),
  );
  // Without a range the last twelve months are read, by a clock that only the start of the query knows.
  expect((await explain(`select * from public.get_workflow_run_events(${RUN})`)).text).toContain("Subplans Removed");
});

test("is monitored by partition, by size and by its job, and analysed when it is asked to", async () => {
  const before = await database.query<{ partition_name: string; last_analyze: Date | null }>(checks.INFO);
  const stats = await database.query<{ partition_name: string; row_count: number }>(checks.STATS);
  expect(stats.map(({ partition_name }) => partition_name)).toEqual(before.map((one) => one.partition_name));
  expect(stats.reduce((sum, { row_count }) => sum + row_count, 0)).toBe(ROWS);
  expect(stats.find(({ partition_name }) => partition_name === "workflow_events_y2026m04")).toMatchObject({
    starts_at: new Date("2026-04-01Z"),
    ends_at: new Date("2026-05-01Z"),
    row_count: await count("public.workflow_events_y2026m04"),
    size_pretty: expect.stringMatching(/ kB$/) as string,
  });
  expect(await database.query(checks.TOO_LARGE)).toEqual([]);
  expect(await database.query(checks.JOB)).toEqual([{ schedule: "0 2 * * *", active: true }]);

  await database.query(checks.ANALYZE);
  const after = await database.query<{ partition_name: string; last_analyze: Date }>(checks.INFO);
  for (const [at, { last_analyze }] of after.entries())
    expect(last_analyze.getTime()).toBeGreaterThan(before[at]?.last_analyze?.getTime() ?? 0);
});

test("loses the events of a run with the run, in every partition", async () => {
  const months = `select count(distinct tableoid)::int as months from public.workflow_events where run_id = ${RUN}`;
  const [spread] = await database.query<{ months: number }>(months);
  expect(spread?.months).toBe(13);
  await database.query(`delete from public.workflow_runs where id = ${RUN}`);
  expect(await count(`public.workflow_events where run_id = ${RUN}`)).toBe(0);
  expect(await database.query(checks.ORPHANS)).toEqual([{ rows: 0 }]);
  expect(await count("public.workflow_events")).toBe(ROWS - ROWS / 200);
});

test("goes back to the plain table with every row written since, and is swapped again", async () => {
  await database.query(
    "insert into public.workflow_events (run_id, ts, type, payload) values (md5('run 8')::uuid, $1, 'since', '{}')",
    [NOW],
  );
  const rows = ROWS - ROWS / 200 + 1;
  await pulumi("config", "set", "until", "verify");
  await up();
  expect(await kind()).toBe("r");
  expect(await count("public.workflow_events")).toBe(rows);
  // It cascades as before, too.
  await database.query("delete from public.workflow_runs where id = md5('run 9')::uuid");
  expect(await count("public.workflow_events where run_id = md5('run 9')::uuid")).toBe(0);
  await pulumi("config", "rm", "until");
  await up();
  expect(await kind()).toBe("p");
  expect(await count("public.workflow_events")).toBe(rows - ROWS / 200);
});

test("archives an expired month as CSV and proves it before the table of the month is dropped", async () => {
  await pulumi("config", "set", "pgpartition:asOf", NEXT_MONTH);
  const expired = filled(checks.EXPIRED, `'${NEXT_MONTH}'`);
  expect(await database.query(expired)).toMatchObject([{ partition_name: "workflow_events_y2025m05" }]);
  const of = "from public.workflow_events_y2025m05";
  const [before] = await database.query(
    `select count(*)::int as rows, sum(id)::int as ids, min(payload ->> 'note') as note ${of}`,
  );
  // Everything stays while there is a way back, and in the update that closes it.
  await pulumi("config", "rm", "rollbackUntil");
  await up();
  expect(await database.query(expired)).toHaveLength(1);
  expect(await pulumi("preview")).toMatch(/ archive workflow_events_y2025m05/);
  const said = await up();
  expect(said).toMatch(/archived workflow_events_y2025m05 .*: \d+ rows in 1 objects, proved/);
  expect(await database.query(expired)).toEqual([]);
  expect(await database.query("select to_regclass('public.workflow_events_y2025m05') as found")).toEqual([
    { found: null },
  ]);
  const [archived] = await database.query<{ manifest: string }>(checks.ARCHIVES);
  expect(archived).toMatchObject({
    partition_name: "workflow_events_y2025m05",
    row_count: before?.["rows"],
    dropped: true,
  });
  expect(await readCsv(archived?.manifest ?? "")).toEqual(before);
  expect(await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")).not.toContain("y2025m05");
});

/** What a reader of its own finds in the CSV beside a manifest. */
async function readCsv(manifest: string): Promise<object | undefined> {
  const key = new URL(manifest.replace("_manifest.json", "part-00001.csv.zst")).pathname.slice(1);
  const { Body } = await store.client.getObject({ Bucket: store.bucket, Key: key });
  const folder = mkdtempSync(join(tmpdir(), "pgpartition-example-"));
  const duck = await DuckDBInstance.create();
  const connection = await duck.connect();
  try {
    const file = join(folder, "month.csv.zst");
    writeFileSync(file, (await Body?.transformToByteArray()) ?? "");
    const reader = await connection.runAndReadAll(
      `select count(*)::int as rows, sum(id)::int as ids, min(payload ->> 'note') as note
       from read_csv('${file}', header = true, columns = {id: 'bigint', run_id: 'uuid', ts: 'varchar', type: 'varchar', payload: 'json', created_at: 'varchar'})`,
    );
    return reader.getRowObjectsJS()[0];
  } finally {
    connection.closeSync();
    duck.closeSync();
    rmSync(folder, { recursive: true, force: true });
  }
}
