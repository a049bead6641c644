import type { CarriedState, ObservedTable } from "../../observed/observed-table";
import { listWholeTree } from "../../partition/branch/desired-branches";
import type { Instant } from "../../time/instant";
import type { CopySource } from "../copy/copy-source";

/**
 * A partitioned table, and the new plain one into which its rows are copied so that it can take its place one day. Against a conversion
 * the roles are exchanged: `names.target` is the plain table, `names.former` the name that the partitioned one gets by then.
 */
export interface OpenSource extends CopySource {
  /** Primary key that the plain table gets if no two rows have the same. Undefined: that of the partitioned one. */
  readonly formerKey: readonly string[] | undefined;
  /** How the plain table is stored: as the newest partition that holds rows. */
  readonly stored: Pick<CarriedState, "options" | "toast" | "tablespace"> & { readonly placed: boolean };
  /** When the way back closes. */
  readonly until: Instant;
}

/**
 * Returns the former primary key if the plain table can have it: the engine finds a row by its columns, and no foreign key needs the
 * wider one.
 */
export function chooseFormerKey(
  former: readonly string[] | undefined,
  { table, bound, primaryKey }: Pick<CopySource, "table" | "bound" | "primaryKey">,
): readonly string[] | undefined {
  if (!former || former.length === 0 || former.length >= primaryKey.length) return undefined;
  if (!former.every((column) => primaryKey.includes(column))) return undefined;
  const sort = (columns: readonly string[]) => [...columns].sort().join("\0");
  const others = table.indexes.filter(
    ({ unique, valid, constraint }) => unique && valid && constraint?.kind !== "primary",
  );
  const kept = [former, ...others.map(({ columns }) => columns)].map(sort);
  return bound.referring.every(({ referenced }) => kept.includes(sort(referenced))) ? former : undefined;
}

/** Returns how the plain table is stored. */
export function chooseStorage(table: Pick<ObservedTable, "partitions" | "branches">): OpenSource["stored"] {
  const carried = listHoldingParts(table).at(-1)?.carried;
  return {
    options: carried?.options ?? {},
    toast: carried?.toast,
    tablespace: carried?.tablespace,
    placed: carried?.unsaid?.placed === true,
  };
}

/** Returns the rows of all partitions, by estimate, and their bytes. */
export function sumSizes(table: Pick<ObservedTable, "partitions" | "branches">): {
  readonly rows: number | undefined;
  readonly bytes: number;
} {
  const holding = listHoldingParts(table);
  const rows = holding.map((part) => part.rows);
  return {
    rows: rows.some((one) => one === undefined) ? undefined : rows.reduce<number>((sum, one) => sum + (one ?? 0), 0),
    bytes: holding.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function listHoldingParts(table: Pick<ObservedTable, "partitions" | "branches">) {
  return listWholeTree(table).filter(({ partitioned, foreign }) => !partitioned && foreign !== true);
}
