// A session of the application that inserts single rows, one after the other, as fast as the server answers.
import type { BenchDatabase } from "../support/server";

/** application_name of the session, by which the server's log names its statements. */
export const WRITER = "writer";

/** Inserts of the writer before the update that it is measured beside, of which 99 of 100 are faster than its p99. */
export const INSERTS_BEFORE = 2_000;

interface Writer {
  /** Resolves when so many more rows are acknowledged. */
  insertMore(rows: number): Promise<void>;
  /** Ends the session; fails if one of its statements has failed. */
  stop(): Promise<void>;
}

/** Inserts rows into `events` (plain-table.ts), before its last row and with keys of their own. */
export function startWriter(database: BenchDatabase): Writer {
  let running = true;
  let inserted = 0;
  const waiting: { readonly until: number; readonly resolve: () => void }[] = [];
  const work = database.with(WRITER, async (client) => {
    for (let id = -1; running; id -= 1) {
      // Without parameters: the time of such a statement, as the server logs it, has its commit in it.
      await client.query(`insert into events (id, at, kind) values (${String(id)}, '2026-05-09 12:00:00+00', 'late')`);
      inserted += 1;
      for (const { until, resolve } of waiting) if (inserted >= until) resolve();
    }
  });
  // Its failure is reported by stop; meanwhile it must not count as unhandled.
  work.catch(() => undefined);
  return {
    insertMore: (rows) =>
      Promise.race([work, new Promise<void>((resolve) => waiting.push({ until: inserted + rows, resolve }))]),
    stop: () => {
      running = false;
      return work;
    },
  };
}
