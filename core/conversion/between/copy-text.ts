import { quoteList } from "../../names/identifier";
import { type Pair, type PairRelation, quoteRelationOf } from "./pair";

/**
 * Copies the rows of a range of blocks, $1 to $2 as tids, that the target does not have yet; answers with their number. One short
 * statement without a row lock on the source.
 *
 * In the order of the file and not of a key: every row that was committed before the capture lies in a block that existed then, and
 * one that moves later, ahead of the copy or behind it, is captured. So it needs no order of keys, reads each block once, and its
 * end does not come from a sequence. A row that the target has already stays as it is: if it differs, its key is pending.
 *
 * @param heap the source, or a partition of it
 */
export function copyText(pair: Pair, heap: PairRelation): string {
  const columns = quoteList(pair.columns.map(({ name }) => name));
  return [
    `WITH copied AS (INSERT INTO ${quoteRelationOf(pair.target)} (${columns}) OVERRIDING SYSTEM VALUE`,
    `SELECT ${columns} FROM ONLY ${quoteRelationOf(heap)} WHERE ctid >= $1::pg_catalog.tid AND ctid < $2::pg_catalog.tid`,
    "ON CONFLICT DO NOTHING RETURNING 1)",
    "SELECT pg_catalog.count(*) AS rows FROM copied",
  ].join(" ");
}
