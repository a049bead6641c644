import { quoteList } from "../../names/identifier";
import { type Pair, type PairRelation, quoteRelationOf } from "./pair";

/** What a statement of the copy does about a row that the target has already: it leaves that as it is, or fails and changes nothing. */
export type WhenPresent = "leave" | "fail";

/**
 * Copies the rows of a range of blocks, $1 to $2 as tids, that the target does not have yet; answers with their number. One short
 * statement without a row lock on the source.
 *
 * In the order of the file and not of a key: every row that was committed before the capture lies in a block that existed then, and
 * one that moves later, ahead of the copy or behind it, is captured. So it needs no order of keys, reads each block once, and its
 * end does not come from a sequence. A row that the target has already stays as it is: if it differs, its key is pending.
 *
 * To leave rows costs as much as to copy them (PostgreSQL 18: ON CONFLICT is 2.0 to 2.3 times the plain INSERT): each one is looked for
 * in the index before it is inserted, and confirmed after it.
 *
 * @param heap the source, or a partition of it
 */
export function copyText(pair: Pair, heap: PairRelation, whenPresent: WhenPresent): string {
  return [
    `WITH copied AS (${copyAllText(pair, heap)} WHERE ctid >= $1::pg_catalog.tid AND ctid < $2::pg_catalog.tid`,
    `${whenPresent === "leave" ? "ON CONFLICT DO NOTHING " : ""}RETURNING 1)`,
    "SELECT pg_catalog.count(*) AS rows FROM copied",
  ].join(" ");
}

/** Copies every row of the source, while nothing can be written to it. */
export function copyAllText(pair: Pair, heap: PairRelation = pair.source): string {
  const columns = quoteList(pair.columns.map(({ name }) => name));
  return `INSERT INTO ${quoteRelationOf(pair.target)} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM ONLY ${quoteRelationOf(heap)}`;
}
