import type { CarriedState } from "../../core/observed/table";
import type { Database } from "../database";
import { query } from "../queries";
import { carriedOf, type LeafRow } from "../catalog/rows";

/** Returns what any one table carries, also one that is no partition. Undefined: it no longer exists. */
export async function readCarried(database: Database, oid: string): Promise<CarriedState | undefined> {
  // The query names the columns of LeafRow.
  const rows = (await database.read(query("leaves"), [oid, false, false])) as unknown as LeafRow[];
  const own = rows.find((row) => row.oid === oid);
  return own && carriedOf(own.carried);
}
