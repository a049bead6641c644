import type { Database } from "../database";
import { query } from "../queries";
import type { TableName } from "../../core/names/table-name";

/** View that bypasses the table's policies. */
interface ViewLeak {
  readonly schema: string;
  readonly name: string;
  readonly materialized: boolean;
  readonly owner: string;
}

/** Returns views that read a table with their owner's rights, if row security does not apply to that owner. */
export async function readViewLeaks(database: Database, table: TableName): Promise<ViewLeak[]> {
  // The query names the columns of ViewLeak.
  return (await database.read(query("view-leaks"), [table.schema, table.table])) as unknown as ViewLeak[];
}
