import type { Database } from "../database";
import { query } from "../queries";

/** Returns the first transaction that has not begun yet: what was committed before it is seen by every snapshot that reaches it. */
export async function readSnapshotHorizon(database: Database): Promise<string> {
  const [row] = await database.read("select pg_snapshot_xmax(pg_current_snapshot())::text as horizon");
  return String(row?.["horizon"]);
}

/**
 * Lists the standbys on which a transaction may run whose snapshot does not reach `horizon`, as far as they report it
 * (hot_standby_feedback) and the role sees it (pg_monitor). CREATE INDEX CONCURRENTLY waits for none of them.
 */
export async function listOlderStandbys(database: Database, horizon: string): Promise<string[]> {
  const rows = await database.read(query("conversion/older-standbys"), [horizon]);
  return rows.map((row) => String(row["name"]));
}
