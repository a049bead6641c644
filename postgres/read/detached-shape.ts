import type { AwayShape } from "../../core/partition/statements/reattach-shape";
import type { Database } from "../database";
import { query } from "../queries";
import type { TableName } from "../../core/names/table-name";
import type { CarriedState } from "../../core/observed/observed-table";
import { toCarried, type PartitionRow } from "../catalog/rows";

/** Row of queries/away-shape.sql. JSON has null where core has undefined, and leaves an empty list out as null. */
interface AwayRow {
  readonly missing:
    readonly (Omit<AwayShape["missing"][number], "default"> & { readonly default: string | null })[] | null;
  readonly extra: readonly string[] | null;
  readonly types: AwayShape["types"] | null;
  readonly empty: readonly string[] | null;
  readonly constraints:
    readonly (Omit<AwayShape["constraints"][number], "referenced"> & { readonly referenced: string | null })[] | null;
}

/** Compares a detached table, by its oid, with its future parent. */
export async function readAwayShape(database: Database, parent: TableName, oid: string): Promise<AwayShape> {
  // The query always returns one row, with these columns.
  const [row] = (await database.read(query("away-shape"), [parent.schema, parent.table, oid])) as unknown as [AwayRow];
  return {
    missing: (row.missing ?? []).map((column) => ({ ...column, default: column.default ?? undefined })),
    extra: row.extra ?? [],
    types: row.types ?? [],
    empty: row.empty ?? [],
    constraints: (row.constraints ?? []).map((one) => ({ ...one, referenced: one.referenced ?? undefined })),
  };
}

/** Returns what any one table carries, also one that is no partition. Undefined: it no longer exists. */
export async function readCarried(database: Database, oid: string): Promise<CarriedState | undefined> {
  // The query names the columns of PartitionRow.
  const rows = (await database.read(query("partitions"), [oid, false, false])) as unknown as PartitionRow[];
  const own = rows.find((row) => row.oid === oid);
  return own && toCarried(own.carried);
}
