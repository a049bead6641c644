import { MAX_DRAINED_ROWS } from "../../core/defaults";
import { quoteQualified } from "../../core/names/identifier";
import type { ObservedDefault } from "../../core/observed/observed-default";
import type { PartitionRow } from "./rows";
import type { Session } from "../connect/session";

/** More rows than this do not fit on a page of the smallest table (MaxHeapTuplesPerPage, pages of 8 kB). */
const ROWS_OF_A_PAGE = 291;

/**
 * Counts the rows of a default partition up to the limit that matters. Undefined: none exists, it has no page, or its rows are
 * hidden from this role.
 */
export async function countDefault(session: Session, partitions: readonly PartitionRow[]): Promise<number | undefined> {
  const partition = partitions.find((row) => row.fallback !== null);
  if (!partition?.fallback || Number(partition.fallback.pages) === 0 || partition.fallback.hidden) return undefined;
  const only = `select from only ${quoteQualified(partition.schema, partition.name)} limit ${MAX_DRAINED_ROWS + 1}`;
  const rows = await session.query(`select count(*)::text as rows from (${only}) counted`);
  return Number(rows[0]?.["rows"]);
}

export function toDefault(row: PartitionRow, counted: number | undefined): ObservedDefault | undefined {
  const { fallback } = row;
  if (!fallback) return undefined;
  const pages = Number(fallback.pages);
  const exact = pages === 0 ? 0 : counted !== undefined && counted <= MAX_DRAINED_ROWS ? counted : undefined;
  const known = row.rows === null ? 1 : Number(row.rows);
  return {
    oid: row.oid,
    schema: row.schema,
    name: row.name,
    rows: exact ?? Math.max(known, counted ?? 1),
    few: exact !== undefined || (counted === undefined && pages * ROWS_OF_A_PAGE <= MAX_DRAINED_ROWS),
    hidden: fallback.hidden,
    checks: fallback.checks ?? [],
    triggers: (fallback.triggers ?? []).map((trigger) => ({ ...trigger, inherited: trigger.inherited ?? undefined })),
  };
}
