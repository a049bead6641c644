// A plain table of events, one row a second, for the benches of its conversion.
import type { TableSpecArgs } from "../../core/declare/table/args";
import { type BenchDatabase, type BenchServer, withBenchServer } from "../support/server";
import { type Logged } from "../support/statement-log";

/** The moment of the declaration. */
export const AS_OF = "2026-05-10T12:00:00Z";

/** The declared table, without the way in which it is converted. */
export const EVENTS: TableSpecArgs = {
  table: "events",
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "2 months", retention: "forever" },
  onExpire: "detach",
};

/** Runs rounds, each on a server that all of them share. */
export function runRounds<T>(rounds: number, round: (server: BenchServer) => Promise<T>): Promise<T[]> {
  return withBenchServer({}, async (server) => {
    const done: T[] = [];
    for (let n = 0; n < rounds; n += 1) done.push(await round(server));
    return done;
  });
}

/** Creates a database with that many events before May 2026. */
export async function createEvents(server: BenchServer, rows: number): Promise<BenchDatabase> {
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
  return database;
}

/** Returns the statements while the table is locked. */
export function findSwap(sent: readonly Logged[]): readonly Logged[] {
  const first = sent.findIndex(({ sql }) => /^LOCK TABLE .* IN ACCESS EXCLUSIVE MODE/.test(sql));
  const last = sent.findIndex(({ sql }, index) => index > first && sql === "commit");
  if (first < 0 || last < 0) throw new Error("the server's log has no swap");
  return sent.slice(first, last + 1);
}
