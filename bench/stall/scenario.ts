// One operation under load while an old transaction is open: waits for it, and their length.
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import type { BenchDatabase } from "../support/server";
import { timed } from "../support/measure";
import { type Latencies, latencyText, startLoad, type Stream } from "./load";
import { waitsDuring, type WaitReport } from "./waits";

const LOAD = "bench load";

interface Scenario {
  readonly database: BenchDatabase;
  readonly streams: readonly Stream[];
  /** Statements of each old transaction before it is idle. */
  readonly old: readonly string[];
  /** Time for which they remain open after the work has begun; they end with it at the latest. */
  readonly oldMs: number;
  /** Pattern of the application names of the sessions that do the work. */
  readonly workers: string;
  readonly operation: () => Promise<void>;
}

interface Stalled extends WaitReport {
  readonly operationMs: number;
  readonly latencies: readonly Latencies[];
}

export async function measureStall(scenario: Scenario): Promise<Stalled> {
  const { database, streams } = scenario;
  const load = await startLoad({ url: database.url, application: LOAD, streams });
  let operationMs = 0;
  let latencies: readonly Latencies[] = [];
  try {
    const waits = await waitsDuring(database, LOAD, scenario.workers, async () => {
      await sleep(Math.min(1_000, scenario.oldMs));
      const sessions = await Promise.all(scenario.old.map((sql) => openOld(database, sql)));
      const ended = new AbortController();
      const closed = closeLater(scenario, sessions, ended.signal);
      try {
        operationMs = await timed(scenario.operation);
      } finally {
        ended.abort();
        await closed;
      }
      await sleep(200);
    });
    latencies = await load.stop();
    return { ...waits, operationMs, latencies };
  } catch (error) {
    await load.stop().catch(() => undefined);
    throw error;
  }
}

export function stallText(stalled: Stalled): string {
  const blocked =
    stalled.count === 0 ? "no wait seen" : `${String(stalled.count)} waits, the longest: ${stalled.query}`;
  return (
    `latency p50/p99/max ms: ${latencyText(stalled.latencies)}; took ${(stalled.operationMs / 1_000).toFixed(1)} s; ` +
    `${blocked}; sampled every ${stalled.gapMs.toFixed(0)} ms`
  );
}

/** Counts from the first lock of the work, because the engine starts for seconds before the plugin does anything. */
async function closeLater(scenario: Scenario, sessions: readonly Client[], ended: AbortSignal): Promise<void> {
  await scenario.database.with("bench", async (client) => {
    while (!ended.aborted && (await client.query(atWork, [scenario.workers])).rowCount === 0) await sleep(20);
  });
  await sleep(scenario.oldMs, undefined, { signal: ended }).catch(() => undefined);
  await Promise.all(sessions.map((session) => session.end()));
}

/** Sessions of this product take an advisory lock for their table before they change anything; others simply wait for a lock. */
const atWork = `
  select from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid
  where a.application_name like $1 and a.datname = current_database() and (l.locktype = 'advisory' or not l.granted)`;

async function openOld(database: BenchDatabase, sql: string): Promise<Client> {
  const client = await database.connect("bench old transaction");
  await client.query(`begin; ${sql}`);
  return client;
}
