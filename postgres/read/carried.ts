import type { CarriedState } from "../../core/observed/table";
import type { Database } from "../database";
import { query } from "../queries";
import { carriedOf, type PartitionRow } from "../catalog/rows";

/** Returns what any one table carries, also one that is no partition. Undefined: it no longer exists. */
export async function readCarried(database: Database, oid: string): Promise<CarriedState | undefined> {
  // The query names the columns of PartitionRow.
  const rows = (await database.read(query("partitions"), [oid, false, false])) as unknown as PartitionRow[];
  const own = rows.find((row) => row.oid === oid);
  return own && carriedOf(own.carried);
}
