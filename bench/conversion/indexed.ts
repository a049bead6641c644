// A copy of a table with several indexes, which are built when the rows are there, against the two usual ways: one INSERT … SELECT into
// finished partitions, and pg_partman's procedure.
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { Bench, BenchOptions } from "../bench";
import type { Row } from "../report";
import { compare, ratioRow, roundsOf, timed } from "../support/measure";
import { PARTMAN, partmanScript } from "../support/partman";
import { partitionedProject } from "../support/project";
import { type BenchDatabase, type BenchServer, withBenchServer } from "../support/server";
import { statementsDuring, totalMs } from "../support/statement-log";
import { databaseArgs } from "../support/tables";
import { AS_OF } from "./plain-table";

/** Closed months are there in at most half of the time of the one INSERT, and in a third of pg_partman's. */
const MOST_OF_INSERT = 1 / 2;
const MOST_OF_PARTMAN = 1 / 3;

const FIRST_MONTH = "2025-05-01";

const logs: TableSpecArgs = {
  table: "logs",
  partitionBy: [{ range: "ts", every: "month" }],
  window: { lead: "1 month", retention: "forever", start: FIRST_MONTH },
  onExpire: "detach",
  convertFrom: { strategy: "copy" },
};

const COLUMNS =
  "id bigint not null, task_id uuid, company_id uuid, ts timestamptz not null, level text, msg text, meta jsonb";

/** Rows of the year before May 2026, evenly, in the order of time. */
const selectRows = (rows: number) => `
  select n, md5((n % 50000)::text)::uuid, md5('c' || n % 500)::uuid,
    timestamptz '2025-05-01 00:00+00' + interval '365 days' * (n / ${String(rows)}.0), 'info', 'step ' || n || md5(n::text), jsonb_build_object('a', n % 5)
  from generate_series(1, ${String(rows - 1)}::bigint) n`;

const INDEXES = ["(company_id, ts desc)", "(task_id, ts desc)"];

const finished = `
  create table parted (${COLUMNS}, primary key (id, ts)) partition by range (ts);
  ${INDEXES.map((index) => `create index on parted ${index};`).join("\n")}`;

const partitions = `
  do $$ begin
    for m in 0..13 loop
      execute format('create table parted_%s partition of parted for values from (%L) to (%L)', m,
        timestamptz '${FIRST_MONTH} 00:00+00' + m * interval '1 month', timestamptz '${FIRST_MONTH} 00:00+00' + (m + 1) * interval '1 month');
    end loop;
  end $$`;

export const indexed: Bench = async (options) => [
  ...(await besideInsert(options)),
  ...(options.quick ? [] : await besidePartman(options)),
];

async function besideInsert(options: BenchOptions): Promise<Row[]> {
  const rows = options.quick ? 5_000 : 2_000_000;
  return withBenchServer({ version: 18 }, async (server) => {
    const insert = (database: BenchDatabase) =>
      database.with("floor", async (client) => {
        await client.query(finished);
        await client.query(partitions);
        const taken = await timed(() => client.query("insert into parted select * from logs"));
        await client.query("drop table parted");
        return taken;
      });
    const what = `copying and building keys and indexes / INSERT … SELECT into partitions that have them, ${rows.toLocaleString("en")} rows`;
    options.say(what);
    return measure(server, what, rows, insert, MOST_OF_INSERT, options);
  });
}

/** On PostgreSQL 15, the version of that pg_partman; its procedure moves the rows, one month a transaction. */
async function besidePartman(options: BenchOptions): Promise<Row[]> {
  const rows = 500_000;
  const what = `copying and building keys and indexes / partition_data_proc of ${PARTMAN}, ${rows.toLocaleString("en")} rows`;
  options.say(what);
  const script = await partmanScript();
  if ("reason" in script) return [{ what, note: `not measured: ${script.reason}` }];
  return withBenchServer({ version: 15 }, async (server) => {
    const move = (database: BenchDatabase) =>
      database.with("peer", async (client) => {
        await client.query(script.sql);
        await client.query(finished);
        await client.query(
          `select partman.create_parent('public.parted', 'ts', 'native', 'monthly', p_premake := 1, p_start_partition := '${FIRST_MONTH}')`,
        );
        await client.query("create table moved as select * from logs; create index on moved (ts); analyze moved");
        const taken = await timed(() =>
          client.query("call partman.partition_data_proc('public.parted', p_source_table := 'public.moved')"),
        );
        await client.query("drop table parted, moved; drop schema partman cascade");
        return taken;
      });
    return measure(server, what, rows, move, MOST_OF_PARTMAN, options);
  });
}

async function measure(
  server: BenchServer,
  what: string,
  rows: number,
  peer: (database: BenchDatabase) => Promise<number>,
  most: number,
  { quick, signal }: BenchOptions,
): Promise<Row[]> {
  const database = roundsOf(() => createLogs(server, rows));
  const taken = await compare(
    quick ? 1 : 3,
    async () => copyLogs(server, await database(), signal),
    async () => peer(await database()),
  );
  return [ratioRow(what, taken, most)];
}

async function createLogs(server: BenchServer, rows: number): Promise<BenchDatabase> {
  const database = await server.createDatabase();
  await database.with("fill", async (client) => {
    await client.query(`create table logs (${COLUMNS}, primary key (id)); insert into logs ${selectRows(rows)}`);
    for (const index of INDEXES) await client.query(`create index on logs ${index}`);
    await client.query("vacuum analyze logs");
    await client.query("checkpoint");
  });
  return database;
}

/** What of the update copies the rows, and gives the copy its keys, indexes and statistics. */
async function copyLogs(server: BenchServer, database: BenchDatabase, signal: AbortSignal): Promise<number> {
  const project = await partitionedProject(databaseArgs(database, { logs }, AS_OF), signal);
  try {
    const sent = await statementsDuring(server, database, "pulumi-pgpartition", () => project.up());
    const building = sent.filter(({ sql }) => /^(WITH copied AS \(INSERT|CREATE (UNIQUE )?INDEX|ANALYZE)/.test(sql));
    if (building.length < INDEXES.length + 1) throw new Error("the server's log has no copy with its indexes");
    return totalMs(building);
  } finally {
    project.remove();
  }
}
