import { formatTableId } from "../names/resource-id";
import type { TableName } from "../names/table-name";

/** One of the two relations that are compared. */
export interface Side {
  readonly table: TableName;
  readonly kind: "plain" | "partitioned";
  /** Partitions that hold rows themselves, as `schema.name`; of a plain table itself. */
  readonly leaves: readonly string[];
  /** Columns that it is partitioned by, outermost level first. */
  readonly keys: readonly string[];
}

/** The same rows in two shapes. */
export interface Sides {
  /** Table by whose name the queries call it: one of the two, or the table whose history is split. */
  readonly named: TableName;
  readonly before: Side;
  readonly after: Side;
  /** What a reader should know about them. */
  readonly notes: readonly string[];
}

export type SideName = "before" | "after";

export function describeSide({ table, kind, leaves, keys }: Side): string {
  const by = keys.map((key) => `"${key}"`).join(", ");
  const shape =
    kind === "plain" ? "plain" : `${leaves.length} ${leaves.length === 1 ? "partition" : "partitions"} by ${by}`;
  return `${formatTableId(table)} (${shape})`;
}
