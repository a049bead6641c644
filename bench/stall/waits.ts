// Time that clients waited for sessions of one kind, by attribution: other load of the machine does not count.
import type { Client } from "pg";
import { setTimeout as sleep } from "node:timers/promises";
import type { BenchDatabase } from "../support/server";

export interface WaitReport {
  /** The longest time for which one client waited with one of those sessions ahead of it, in milliseconds. */
  readonly worstMs: number;
  /** Query of that client. */
  readonly query: string;
  /** Number of waits seen. */
  readonly count: number;
  /** 99 of 100 samples came at most so long after the one before: a wait may have lasted that much longer. */
  readonly gapMs: number;
}

/**
 * One row: a client of the load that waits for a lock while one of the named sessions is ahead of it. pg_blocking_pids has
 * those that hold the lock and those that wait for it in front, which is how a waiting DDL stops readers.
 */
const sample = `
  select w.pid, left(w.query, 60) as query,
         extract(epoch from clock_timestamp())::float8 * 1000 as now,
         coalesce(extract(epoch from l.waitstart)::float8 * 1000, 0) as since
  from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity w on w.pid = l.pid
  where not l.granted and w.application_name = $1 and w.datname = current_database()
    and exists (
      select from unnest(pg_catalog.pg_blocking_pids(w.pid)) b(pid) join pg_catalog.pg_stat_activity o on o.pid = b.pid
      where o.application_name like $2)`;

interface WaitRow {
  readonly pid: number;
  readonly query: string;
  readonly now: number;
  readonly since: number;
}

const EVERY_MS = 5;

/** Takes samples on its own connection while `body` runs. `blockers` is a pattern of application names. */
export function waitsDuring(
  database: BenchDatabase,
  waiting: string,
  blockers: string,
  body: () => Promise<void>,
): Promise<WaitReport> {
  return database.with("bench waits", async (client) => {
    let running = true;
    const watching = watch(client, [waiting, blockers], () => running);
    try {
      await body();
    } finally {
      running = false;
      await watching;
    }
    return watching;
  });
}

/**
 * Watches the waits. One begins when the server reports, but not before the last sample in which the session was not ahead: a
 * client that waited for others counts from then on. It ends with the last sample that shows it.
 */
async function watch(client: Client, names: readonly string[], running: () => boolean): Promise<WaitReport> {
  const begun = new Map<string, number>();
  const gaps: number[] = [];
  let worst = { worstMs: 0, query: "" };
  let count = 0;
  let before = await serverNow(client);
  while (running()) {
    const { rows } = await client.query<WaitRow>(sample, [...names]);
    const now = rows[0]?.now ?? (await serverNow(client));
    const seen = new Set(rows.map(keyOf));
    for (const key of begun.keys()) if (!seen.has(key)) begun.delete(key);
    for (const row of rows) {
      const start = begun.get(keyOf(row)) ?? Math.max(row.since, before);
      if (!begun.has(keyOf(row))) count += 1;
      begun.set(keyOf(row), start);
      if (row.now - start > worst.worstMs) worst = { worstMs: row.now - start, query: row.query };
    }
    gaps.push(now - before);
    before = now;
    await sleep(EVERY_MS);
  }
  gaps.sort((a, b) => a - b);
  return { ...worst, count, gapMs: gaps[Math.floor(gaps.length * 0.99)] ?? 0 };
}

function keyOf(row: WaitRow): string {
  return `${String(row.pid)} ${String(row.since)}`;
}

async function serverNow(client: Client): Promise<number> {
  const { rows } = await client.query<{ now: number }>(
    "select extract(epoch from clock_timestamp())::float8 * 1000 as now",
  );
  return rows[0]?.now ?? 0;
}
