// What the documents of the five systems promise of partitions: the same queries on a plain table and on its partitions, with the same
// rows, in the same order, and the same indexes. It is PostgreSQL that is measured here, not this product.
import type { Bench } from "./bench";
import type { Row } from "./report";
import { compare, ratioRow, timed } from "./support/measure";
import { type BenchServer, startBenchServer } from "./support/server";

/** Two tables with the same rows, and what is asked of them. */
interface Pair {
  readonly name: string;
  /** Creates `plain` and fills it. */
  readonly plain: (rows: number) => string;
  /** Creates `parted`, empty, with all of its partitions. */
  readonly parted: string;
  /** Made on both when they are filled; `%I` is the table. */
  readonly indexes: readonly string[];
  /** By what a reader calls it; `:table` is the table. */
  readonly queries: Readonly<Record<string, string>>;
}

export const claims: Bench = async ({ quick, say }) => {
  const rows = quick ? 20_000 : 5_000_000;
  const rounds = quick ? 1 : 5;
  // The log of statements would be written within the times that are compared.
  const server = await startBenchServer({ logStatements: false });
  try {
    const found: Row[] = [];
    for (const pair of PAIRS) {
      say(`${pair.name}: ${rows.toLocaleString("en")} rows, ${String(rounds)} rounds`);
      found.push(...(await measure(server, pair, rows, rounds)));
    }
    return found;
  } finally {
    await server.stop();
  }
};

async function measure(server: BenchServer, pair: Pair, rows: number, rounds: number): Promise<Row[]> {
  const database = await server.createDatabase();
  return database.with("bench", async (client) => {
    await client.query(pair.plain(rows));
    await client.query(pair.parted);
    await client.query("insert into parted select * from plain");
    for (const table of ["plain", "parted"]) {
      for (const index of pair.indexes) await client.query(index.replace("%I", table));
      await client.query(`vacuum analyze ${table}`);
    }
    const found: Row[] = [];
    for (const [name, query] of Object.entries(pair.queries)) {
      const run = (table: string) => () => timed(() => client.query(query.replaceAll(":table", table)));
      // Once without a figure: each side has read its pages, and planned with the catalogue at hand.
      await run("parted")();
      await run("plain")();
      found.push(
        ratioRow(`${name}: partitions / plain, ${pair.name}`, await compare(rounds, run("parted"), run("plain"))),
      );
    }
    await client.query("drop table plain, parted");
    await client.query("checkpoint");
    return found;
  });
}

/** 24 months before 2026, one row after the other in time, or in no order. */
function fillEvents(order: "in time" | "in no order"): Pair["plain"] {
  return (rows) => `
    create table plain (id bigint not null, at timestamptz not null, user_id integer, action text, duration integer, note text);
    insert into plain
      select n, timestamptz '2024-01-01 00:00+00' + interval '731 days' * (${order === "in time" ? "n" : `n * 7919 % ${String(rows)}`} / ${String(rows)}.0),
        n * 31 % 20000, 'action ' || n % 12, n % 900, 'something that was written down about event ' || n
      from generate_series(1, ${String(rows - 1)}::bigint) n`;
}

const EVENTS_PARTED = `
  create table parted (like plain) partition by range (at);
  do $$ begin
    for m in 0..24 loop
      execute format('create table parted_%s partition of parted for values from (%L) to (%L)', m,
        timestamptz '2024-01-01 00:00+00' + m * interval '1 month', timestamptz '2024-01-01 00:00+00' + (m + 1) * interval '1 month');
    end loop;
  end $$`;

const MONTH = "at >= '2025-10-01 00:00+00' and at < '2025-11-01 00:00+00'";
const WEEK = "at >= '2025-12-24 00:00+00'";

const EVENT_QUERIES = {
  "the last week": `select count(*), max(note) from :table where ${WEEK}`,
  "a month by action": `select action, count(*), avg(duration) from :table where ${MONTH} group by action`,
  "all rows by action": "select action, count(*), avg(duration) from :table group by action",
};

const INDEXED_QUERIES = {
  ...EVENT_QUERIES,
  "a month of one user": `select count(*), max(note) from :table where user_id = 4711 and ${MONTH}`,
  "all of one user": "select count(*), max(note) from :table where user_id = 4711",
  "one row by its id": "select note from :table where id = 123456",
};

const EVENT_INDEXES = [
  "create index on %I (at)",
  "create index on %I (user_id, at)",
  "create index on %I (id)",
] as const;

/** Ten programs with ten sites each, twelve months. */
const OBSERVATIONS: Omit<Pair, "name" | "indexes"> = {
  plain: (rows) => `
    create table plain (id bigint not null, program_id integer not null, site_id integer not null, at timestamptz not null, growth integer, note text);
    insert into plain
      select n, n % 10, n / 10 % 10, timestamptz '2025-01-01 00:00+00' + interval '365 days' * (n * 7919 % ${String(rows)} / ${String(rows)}.0),
        n % 100, 'observation ' || n
      from generate_series(1, ${String(rows - 1)}::bigint) n`,
  parted: `
    create table parted (like plain) partition by list (program_id);
    do $$ begin
      for p in 0..9 loop
        execute format('create table parted_%s partition of parted for values in (%s) partition by list (site_id)', p, p);
        for s in 0..9 loop
          execute format('create table parted_%s_%s partition of parted_%s for values in (%s) partition by range (at)', p, s, p, s);
          for m in 0..11 loop
            execute format('create table parted_%s_%s_%s partition of parted_%s_%s for values from (%L) to (%L)', p, s, m, p, s,
              timestamptz '2025-01-01 00:00+00' + m * interval '1 month', timestamptz '2025-01-01 00:00+00' + (m + 1) * interval '1 month');
          end loop;
        end loop;
      end loop;
    end $$`,
  queries: {
    "a program": "select count(*), avg(growth) from :table where program_id = 3",
    "a site of a program": "select count(*), avg(growth) from :table where program_id = 3 and site_id = 7",
    "a month of a site": `select count(*), avg(growth) from :table where program_id = 3 and site_id = 7 and ${MONTH}`,
    "a month of all": `select count(*), avg(growth) from :table where ${MONTH}`,
  },
};

const PAIRS: readonly Pair[] = [
  {
    name: "in the order of time, indexed",
    plain: fillEvents("in time"),
    parted: EVENTS_PARTED,
    indexes: EVENT_INDEXES,
    queries: INDEXED_QUERIES,
  },
  {
    name: "in no order, indexed",
    plain: fillEvents("in no order"),
    parted: EVENTS_PARTED,
    indexes: EVENT_INDEXES,
    queries: INDEXED_QUERIES,
  },
  {
    name: "without an index",
    plain: fillEvents("in no order"),
    parted: EVENTS_PARTED,
    indexes: [],
    queries: EVENT_QUERIES,
  },
  { name: "by program, site and month, without an index", ...OBSERVATIONS, indexes: [] },
  {
    name: "by program, site and month, indexed",
    ...OBSERVATIONS,
    indexes: ["create index on %I (program_id, site_id, at)"],
  },
];
