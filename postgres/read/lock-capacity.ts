import type { Database } from "../database";

/** Returns how many relations all sessions of the server together can hold locked. */
export async function readLockCapacity(database: Database): Promise<number> {
  const [row] = await database.read(
    "select current_setting('max_locks_per_transaction')::int * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int) as capacity",
  );
  return Number(row?.["capacity"]);
}
