// Conversion of a plain table: how long its swap holds the table, and the whole update against one reading of the rows.
import type { Bench } from "./bench";
import type { Row } from "./report";
import { median } from "./support/measure";
import { partitionedProject } from "./support/project";
import { AS_OF, createEvents, EVENTS, findSwap, runRounds } from "./support/plain-table";
import type { BenchServer } from "./support/server";
import { statementsDuring, totalMs } from "./support/statement-log";
import { databaseArgs } from "./support/tables";

/** Longest permitted time from the lock of the table to the commit that ends it. */
const LIMIT_MS = 20;

const events = { ...EVENTS, convertFrom: { historyUntil: "2026-07-01" } };

export const convert: Bench = async ({ quick, signal, say }) => {
  const rows = quick ? 10_000 : 5_000_000;
  const rounds = quick ? 1 : 3;
  say(`${String(rounds)} rounds of ${rows.toLocaleString("en")} rows`);
  const done = await runRounds(rounds, (server) => convertOnce(server, rows, signal));
  const of = `${rows.toLocaleString("en")} rows`;
  const lock: Row = {
    what: `lock of a conversion's swap, ${of}`,
    ours: { value: median(done.map(({ swap }) => swap)), unit: "ms" },
    limit: { of: "ours", most: LIMIT_MS },
    note: "from LOCK TABLE to the end of COMMIT, in the server: an upper bound, because COMMIT deletes the file of the former primary key after it has let go of the locks",
  };
  const whole: Row = {
    what: `server time of a conversion / its index and one reading, ${of}`,
    ours: { value: median(done.map(({ ours }) => ours)), unit: "ms" },
    peer: { value: median(done.map(({ floor }) => floor)), unit: "ms" },
    ratio: median(done.map(({ ours, floor }) => ours / floor)),
  };
  return [lock, whole];
};

async function convertOnce(server: BenchServer, rows: number, signal: AbortSignal) {
  const database = await createEvents(server, rows);
  const project = await partitionedProject(databaseArgs(database, { events }, AS_OF), signal);
  try {
    const sent = await statementsDuring(server, database, "pulumi-pgpartition", () => project.up());
    const floor = sent.filter(({ sql }) => /^CREATE UNIQUE INDEX CONCURRENTLY|VALIDATE CONSTRAINT/.test(sql));
    return { swap: totalMs(findSwap(sent)), ours: totalMs(sent), floor: totalMs(floor) };
  } finally {
    project.remove();
  }
}
