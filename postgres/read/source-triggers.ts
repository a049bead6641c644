import type { ObservedSourceTrigger } from "../../core/partition/branch/source-triggers";
import type { Database } from "../database";
import { query } from "../queries";

/** Triggers on tables of values that call for the branches of a table. */
export async function readSourceTriggers(
  database: Database,
  table: { readonly schema: string; readonly table: string },
): Promise<readonly ObservedSourceTrigger[]> {
  const rows = await database.read(query("source-triggers"), [table.schema, table.table, database.managementSchema]);
  // The columns are those of ObservedSourceTrigger: the query names them.
  return rows as unknown as readonly ObservedSourceTrigger[];
}
