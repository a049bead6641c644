import { CHANGE, quoteRelationOf } from "../../core/conversion/between/pair";
import type { Recorded } from "./copy-blocks";
import { inPairTransaction, type PairWork } from "./pair-transaction";

/**
 * After a TRUNCATE of the source: empties the target, and forgets the changes that this snapshot sees. The rows that they belong to
 * are copied later, by younger snapshots, from the first block on.
 */
export function emptyTarget(work: PairWork, record: Recorded): Promise<void> {
  const pending = quoteRelationOf(work.pair.pending);
  return inPairTransaction(work, { begin: "begin isolation level repeatable read" }, async (session) => {
    const [found] = await session.query(`select pg_catalog.max(${CHANGE})::text as last from ${pending}`);
    await Promise.all([
      session.query(`truncate ${quoteRelationOf(work.pair.target)}`),
      session.query(`delete from ${pending} where ${CHANGE} <= $1::pg_catalog.int8`, [String(found?.["last"] ?? 0)]),
      session.query(record.text, record.values),
    ]);
  });
}
