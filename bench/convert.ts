// Conversion of a plain table: how long its swap holds the table, and the whole update against one reading of the rows.
import type { TableSpecArgs } from "../core/declare/table/args";
import type { Bench } from "./bench";
import type { Row } from "./report";
import { median } from "./support/measure";
import { partitionedProject } from "./support/project";
import { type BenchServer, startBenchServer } from "./support/server";
import { type Logged, statementsDuring, totalMs } from "./support/statement-log";
import { databaseArgs } from "./support/tables";

/** Longest permitted time from the lock of the table to the commit that ends it. */
const LIMIT_MS = 20;

const AS_OF = "2026-05-10T12:00:00Z";

const events: TableSpecArgs = {
  table: "events",
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "2 months", retention: "forever" },
  onExpire: "detach",
  convertFrom: { historyUntil: "2026-07-01" },
};

export const convert: Bench = async ({ quick, signal, say }) => {
  const rows = quick ? 10_000 : 5_000_000;
  const rounds = quick ? 1 : 3;
  const server = await startBenchServer();
  try {
    say(`${String(rounds)} rounds of ${rows.toLocaleString("en")} rows`);
    const swaps: number[] = [];
    const ratios: { readonly ours: number; readonly floor: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const { swap, ours, floor } = await convertOnce(server, rows, signal);
      swaps.push(swap);
      ratios.push({ ours, floor });
    }
    const of = `${rows.toLocaleString("en")} rows`;
    const lock: Row = {
      what: `lock of a conversion's swap, ${of}`,
      ours: { value: median(swaps), unit: "ms" },
      limit: { of: "ours", most: LIMIT_MS },
      note: "from LOCK TABLE to the end of COMMIT, in the server: an upper bound, because COMMIT deletes the file of the former primary key after it has let go of the locks",
    };
    const whole: Row = {
      what: `server time of a conversion / its index and one reading, ${of}`,
      ours: { value: median(ratios.map(({ ours }) => ours)), unit: "ms" },
      peer: { value: median(ratios.map(({ floor }) => floor)), unit: "ms" },
      ratio: median(ratios.map(({ ours, floor }) => ours / floor)),
    };
    return [lock, whole];
  } finally {
    await server.stop();
  }
};

async function convertOnce(server: BenchServer, rows: number, signal: AbortSignal) {
  const database = await server.createDatabase();
  await database.with("fill", (client) =>
    client.query(`
    create table events (id bigint primary key, at timestamptz not null, kind text, body jsonb);
    insert into events
      select n, timestamptz '2026-05-01' - n * interval '1 second', 'kind ' || n % 10, jsonb_build_object('n', n)
      from generate_series(1, ${String(rows)}) n;
    create index on events (at);
    analyze events;`),
  );
  const project = await partitionedProject(databaseArgs(database, { events }, AS_OF), signal);
  try {
    const sent = await statementsDuring(server, database, "pulumi-pgpartition", () => project.up());
    const floor = sent.filter(({ sql }) => /^CREATE UNIQUE INDEX CONCURRENTLY|VALIDATE CONSTRAINT/.test(sql));
    return { swap: totalMs(findSwap(sent)), ours: totalMs(sent), floor: totalMs(floor) };
  } finally {
    project.remove();
  }
}

/** Returns the statements while the table is locked. */
export function findSwap(sent: readonly Logged[]): readonly Logged[] {
  const first = sent.findIndex(({ sql }) => /^LOCK TABLE .* IN ACCESS EXCLUSIVE MODE/.test(sql));
  const last = sent.findIndex(({ sql }, index) => index > first && sql === "commit");
  if (first < 0 || last < 0) throw new Error("the server's log has no swap");
  return sent.slice(first, last + 1);
}
