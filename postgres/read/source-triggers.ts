import type { ObservedSourceTrigger } from "../../core/partition/branch/source-triggers";
import type { Database } from "../database";
import { query } from "../queries";

/** Returns triggers on tables of values that create the branches of a table. */
export async function readSourceTriggers(
  database: Database,
  table: { readonly schema: string; readonly table: string },
): Promise<readonly ObservedSourceTrigger[]> {
  const rows = await database.read(query("source-triggers"), [table.schema, table.table, database.managementSchema]);
  // The query names the columns of ObservedSourceTrigger.
  return rows as unknown as readonly ObservedSourceTrigger[];
}
