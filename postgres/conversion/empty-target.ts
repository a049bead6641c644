import { quoteRelationOf } from "../../core/conversion/between/pair";
import type { Recorded } from "./copy-blocks";
import { inPairTransaction, type PairWork } from "./pair-transaction";

/**
 * After a TRUNCATE of the source: empties the target, and forgets the changes that this snapshot sees. The rows that they belong to
 * are copied later, by younger snapshots, from the first block on.
 */
export function emptyTarget(work: PairWork, record: Recorded): Promise<void> {
  const pending = quoteRelationOf(work.pair.pending);
  return inPairTransaction(work, { begin: "begin isolation level repeatable read" }, async (session) => {
    await Promise.all([
      session.query(`truncate ${quoteRelationOf(work.pair.target)}`),
      session.query(`delete from ${pending}`),
      session.query(record.text, record.values),
    ]);
  });
}
