// The history of a converted table, split into days: how long its last transaction holds the table, and what it costs.
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { Bench } from "../bench";
import type { Row } from "../report";
import { median } from "../support/measure";
import { partitionedProject } from "../support/project";
import { AS_OF, createEvents, EVENTS, findSwap, runRounds } from "./plain-table";
import type { BenchServer } from "../support/server";
import { statementsDuring, totalMs } from "../support/statement-log";
import { databaseArgs } from "../support/tables";

const events: TableSpecArgs = {
  ...EVENTS,
  partitionBy: [{ range: "at", every: "day" }],
  window: { ...EVENTS.window, lead: "3 days" },
  convertFrom: { historyUntil: "2026-05-12", split: true },
};

export const split: Bench = async ({ quick, signal, say }) => {
  const rows = quick ? 10_000 : 5_000_000;
  const rounds = quick ? 1 : 2;
  say(`${String(rounds)} rounds of ${rows.toLocaleString("en")} rows`);
  const done = await runRounds(rounds, (server) => splitOnce(server, rows, signal));
  const into = `${rows.toLocaleString("en")} rows into ${String(done[0]?.partitions ?? 0)} partitions`;
  const lock: Row = {
    what: `lock of a split's swap, ${into}`,
    ours: { value: median(done.map(({ swap }) => swap)), unit: "ms" },
    note: "from LOCK TABLE to the end of COMMIT, in the server, with nothing pending",
  };
  const copying: Row = {
    what: `server time of a split / its copying, ${into}`,
    ours: { value: median(done.map(({ whole }) => whole)), unit: "ms" },
    peer: { value: median(done.map((round) => round.copying)), unit: "ms" },
    ratio: median(done.map((round) => round.whole / round.copying)),
  };
  return [lock, copying];
};

async function splitOnce(server: BenchServer, rows: number, signal: AbortSignal) {
  const database = await createEvents(server, rows);
  const project = await partitionedProject(databaseArgs(database, { events }, AS_OF), signal);
  try {
    // The first update converts, and the next one splits.
    await project.up();
    const sent = await statementsDuring(server, database, "pulumi-pgpartition", () => project.up());
    return {
      swap: totalMs(findSwap(sent)),
      copying: totalMs(sent.filter(({ sql }) => sql.startsWith("WITH copied AS (INSERT"))),
      whole: totalMs(sent),
      partitions: sent.filter(({ sql }) => sql.includes(" ATTACH PARTITION ")).length,
    };
  } finally {
    project.remove();
  }
}
