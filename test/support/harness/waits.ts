// How long clients were blocked by one of our backends, by attribution: what else the machine does is not counted.
import type { Client } from "pg";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestDatabase } from "../database";

interface Wait {
  readonly pid: number;
  readonly query: string;
  readonly ms: number;
}

export interface WaitReport {
  /** The longest stretch for which one of our backends was among those that one client waited for. */
  readonly worst: Wait | undefined;
  readonly samples: number;
  /** The longest gap between two samples: the error of the measurement. */
  readonly gapMs: number;
}

/** pg_blocking_pids counts those that are ahead in the queue too, which is how a waiting DDL stops readers. */
const sample = `
  select w.pid, w.query, coalesce(w.query_start, w.xact_start)::text as began
  from pg_stat_activity w
  where w.wait_event_type = 'Lock' and w.backend_type = 'client backend' and w.datname = current_database()
    and w.application_name not like 'pulumi-pgpartition%'
    and exists (
      select from unnest(pg_blocking_pids(w.pid)) b(pid) join pg_stat_activity o on o.pid = b.pid
      where o.application_name like 'pulumi-pgpartition%')`;

interface Row {
  readonly pid: number;
  readonly query: string;
  readonly began: string;
}

const EVERY_MS = 5;

/** Samples on its own connection while `body` runs. */
export async function waitsDuring(database: TestDatabase, body: () => Promise<unknown>): Promise<WaitReport> {
  const client = await database.connect({ application_name: "waits" });
  let running = true;
  const sampling = watch(client, () => running);
  try {
    await body();
  } finally {
    running = false;
    await sampling;
    await client.end();
  }
  return sampling;
}

async function watch(client: Client, running: () => boolean): Promise<WaitReport> {
  const since = new Map<string, number>();
  let worst: Wait | undefined;
  let samples = 0;
  let gapMs = 0;
  let last = performance.now();
  while (running()) {
    const { rows } = await client.query<Row>(sample);
    const now = performance.now();
    gapMs = Math.max(gapMs, now - last);
    last = now;
    samples += 1;
    const seen = new Map(rows.map((row) => [`${String(row.pid)} ${row.began}`, row]));
    for (const key of since.keys()) if (!seen.has(key)) since.delete(key);
    for (const [key, row] of seen) {
      const ms = now - (since.get(key) ?? now);
      if (!since.has(key)) since.set(key, now);
      if (worst === undefined || ms > worst.ms) worst = { pid: row.pid, query: row.query.slice(0, 80), ms };
    }
    await sleep(EVERY_MS);
  }
  return { worst, samples, gapMs };
}

/** Milliseconds that a client may be blocked by us: I4, with what the sampling may be wrong by. */
export function allowedMs(report: WaitReport, lockTimeoutMs: number): number {
  return lockTimeoutMs + 20 + report.gapMs;
}
