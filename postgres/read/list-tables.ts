import type { Database } from "../database";
import { query } from "../queries";

/**
 * Lists tables partitioned by range, themselves or in a branch, that the connected role may manage, in the order of their names.
 */
export async function listPartitionedTables(database: Database): Promise<{ schema: string; table: string }[]> {
  const rows = await database.read(query("partitioned-tables"));
  return rows.map((row) => ({ schema: String(row["schema"]), table: String(row["table"]) }));
}
