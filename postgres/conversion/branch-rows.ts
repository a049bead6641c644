import { parseKeyValue } from "../../core/conversion/analyze/choose-key";
import type { KeyFacts } from "../../core/conversion/analyze/facts";
import type { BranchRows } from "../../core/conversion/copy/branch-rows";
import { MAX_COPY_PARTITIONS } from "../../core/defaults";
import { formatRowPlace, type RowPlace } from "../../core/conversion/between/row-places";
import type { Pair } from "../../core/conversion/between/pair";
import { quote, quoteQualified } from "../../core/names/identifier";
import type { TableName } from "../../core/names/table-name";
import type { Row } from "../connect/session";
import { getSqlState } from "../connect/sqlstate";
import type { Database } from "../database";
import type { WholeTransaction } from "../execute/whole-transaction";
import { chooseShare, formatEnds, formatShare, REASONS } from "../read/key-rows";
import { BY_KEY } from "./pair-transaction";

/** Columns that decide to which branch and partition a row belongs. */
interface BranchColumns extends Pick<KeyFacts, "column" | "kind" | "zone"> {
  /** Of the LIST levels. */
  readonly lists: readonly string[];
}

/**
 * Reads which values rows have in the columns of LIST levels, with the times of the first and the last row of each: all rows of a
 * small table, else a sample.
 */
export function readTableBranches(
  database: Database,
  { schema, table }: TableName,
  heapBytes: number,
  columns: BranchColumns,
): Promise<readonly BranchRows[]> {
  return readBranches(database, formatShare({ schema, name: table }, chooseShare(heapBytes)), columns);
}

/** Reads the same of the rows that one step writes. */
export function readPlaceBranches(
  database: Database,
  pair: Pair,
  place: RowPlace,
  columns: BranchColumns,
): Promise<readonly BranchRows[]> {
  const settings = place.kind === "pending" ? BY_KEY : {};
  return readBranches(database, formatRowPlace(pair, place), columns, settings);
}

/** Reads the same of all rows, in the transaction that has locked them. */
export async function readLockedBranches(
  { readLong }: Pick<WholeTransaction, "readLong">,
  { schema, table }: TableName,
  columns: BranchColumns,
): Promise<readonly BranchRows[]> {
  const rows = await readLong(formatBranches(quoteQualified(schema, table), columns), []);
  return rows.map((row) => toBranchRows(row, columns));
}

/** With more values than a copy can have partitions, only so many. */
function formatBranches(from: string, { lists, ...key }: BranchColumns): string {
  const values = lists.length === 0 ? "'{}'::text[]" : `array[${lists.map((one) => `${quote(one)}::text`).join(", ")}]`;
  return `select ${values} as values, ${formatEnds(key)} from ${from} group by 1 order by 1 limit ${MAX_COPY_PARTITIONS + 1}`;
}

/** None, if the role may not read the rows. */
async function readBranches(
  database: Database,
  from: string,
  columns: BranchColumns,
  settings: Readonly<Record<string, string>> = {},
): Promise<readonly BranchRows[]> {
  try {
    // A row that a policy would hide is an error, and not left out.
    const rows = await database.readLong(formatBranches(from, columns), [], { ...settings, row_security: "off" });
    return rows.map((row) => toBranchRows(row, columns));
  } catch (error) {
    if (REASONS[getSqlState(error) ?? ""] === undefined) throw error;
    return [];
  }
}

function toBranchRows(row: Row, { kind, zone }: Pick<KeyFacts, "kind" | "zone">): BranchRows {
  const parse = (text: unknown) => (typeof text === "string" && kind ? parseKeyValue(text, kind, zone) : undefined);
  return {
    values: (row["values"] as readonly (string | null)[]).map((value) => value ?? undefined),
    rows: Number(row["read"]),
    from: parse(row["min"]),
    to: parse(row["max"]),
  };
}
