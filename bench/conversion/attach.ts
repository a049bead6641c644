// Conversion of a plain table: how long its swap holds the table, and the whole update against one reading of the rows.
import type { Bench } from "../bench";
import type { Row } from "../report";
import { median } from "../support/measure";
import { partitionedProject } from "../support/project";
import { AS_OF, createEvents, EVENTS, findSwap, runRounds } from "./plain-table";
import type { BenchServer } from "../support/server";
import { findP99, listOverlapping, logDuring, statementsDuring, statementsOf, totalMs } from "../support/statement-log";
import { databaseArgs } from "../support/tables";
import { INSERTS_BEFORE, startWriter, WRITER } from "./writer";

/** Longest permitted statement of a writer that meets the swap: its wait for the lock, its work and its commit. */
const LIMIT_MS = 20;

const events = { ...EVENTS, convertFrom: { historyUntil: "2026-07-01" } };

export const attach: Bench = async ({ quick, signal, say }) => {
  const rows = quick ? 10_000 : 5_000_000;
  const rounds = quick ? 1 : 3;
  say(`${String(rounds)} rounds of ${rows.toLocaleString("en")} rows`);
  const done = await runRounds(rounds, (server) => convertOnce(server, rows, signal));
  say("the same beside a writer");
  const beside = await runRounds(rounds, (server) => convertBeside(server, rows, signal));
  const of = `${rows.toLocaleString("en")} rows`;
  const lock: Row = {
    what: `lock of a conversion's swap, ${of}`,
    ours: { value: median(done.map(({ swap }) => swap)), unit: "ms" },
    note: "from LOCK TABLE to the end of COMMIT, in the server: an upper bound, because COMMIT deletes the file of the former primary key after it has let go of the locks; the next row is what a writer waits",
  };
  const p99 = median(beside.map(({ before }) => before));
  const writer: Row = {
    what: `longest statement of a writer that meets the swap / its p99 before, ${of}`,
    ours: { value: median(beside.map(({ longest }) => longest)), unit: "ms" },
    peer: { value: p99, unit: "ms" },
    ratio: median(beside.map(({ longest, before }) => longest / before)),
    limit: { of: "ours", most: LIMIT_MS },
    note: `single rows inserted one after the other through the whole update; time in the server, the wait for the lock and its own commit to disk included: ${beside.map(describeWriter).join("; ")}`,
  };
  const whole: Row = {
    what: `server time of a conversion / its index and one reading, ${of}`,
    ours: { value: median(done.map(({ ours }) => ours)), unit: "ms" },
    peer: { value: median(done.map(({ floor }) => floor)), unit: "ms" },
    ratio: median(done.map(({ ours, floor }) => ours / floor)),
  };
  return [lock, writer, whole];
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

interface Beside {
  /** p99 of the writer before the update, and while it runs, in milliseconds. */
  readonly before: number;
  readonly during: number;
  /** The longest of its statements that overlap the swap. */
  readonly longest: number;
}

async function convertBeside(server: BenchServer, rows: number, signal: AbortSignal): Promise<Beside> {
  const database = await createEvents(server, rows);
  const project = await partitionedProject(databaseArgs(database, { events }, AS_OF), signal);
  const writer = startWriter(database);
  try {
    const insertMore = () => writer.insertMore(INSERTS_BEFORE);
    const before = statementsOf(await logDuring(server, database, insertMore), WRITER);
    const logged = await logDuring(server, database, () => project.up());
    const during = statementsOf(logged, WRITER);
    const swap = findSwap(statementsOf(logged, "pulumi-pgpartition"));
    return {
      before: findP99(before),
      during: findP99(during),
      longest: Math.max(...listOverlapping(during, swap).map(({ ms }) => ms)),
    };
  } finally {
    await writer.stop();
    project.remove();
  }
}

function describeWriter({ before, during, longest }: Beside): string {
  return `p99 ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms during the update, ${longest.toFixed(1)} ms at the swap`;
}
