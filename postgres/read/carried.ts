import type { CarriedState } from "../../core/observed/table";
import type { Database } from "../database";
import { query } from "../queries";
import { carriedOf, type LeafRow } from "../catalog/rows";

/** What any one table carries, also one that is no partition. Undefined: it is gone. */
export async function readCarried(database: Database, oid: string): Promise<CarriedState | undefined> {
  // The columns are those of LeafRow: the query names them.
  const rows = (await database.read(query("leaves"), [oid, false, false])) as unknown as LeafRow[];
  const own = rows.find((row) => row.oid === oid);
  return own && carriedOf(own.carried);
}
