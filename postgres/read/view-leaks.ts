import type { Database } from "../database";
import { query } from "../queries";
import type { TableName } from "../../core/names/table-name";

/** A view through which rows pass by the table's policies. */
interface ViewLeak {
  readonly schema: string;
  readonly name: string;
  readonly materialized: boolean;
  readonly owner: string;
}

/** Views that read a table with their owner's rights, where row security does not hold for that owner. */
export async function readViewLeaks(database: Database, table: TableName): Promise<ViewLeak[]> {
  // The columns are those of ViewLeak: the query names them.
  return (await database.read(query("view-leaks"), [table.schema, table.table])) as unknown as ViewLeak[];
}
