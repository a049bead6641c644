import { quote, quoteList } from "../../names/identifier";
import { hashText } from "./proof-text";
import { CHANGE, EMPTIED, matchKey, nameKeyColumn, type Pair, type PairRelation, quoteRelationOf } from "./pair";

/**
 * The statements of one reconciliation, in their order, of one REPEATABLE READ transaction whose snapshot is taken after the source
 * was locked against ALTER and TRUNCATE: they all see the same changes, and the rows that belong to them.
 */
interface ReconcileTexts {
  /** Locks the source first: then no ALTER that would make it look empty to this snapshot, and no TRUNCATE, can come between. */
  readonly lock: string;
  /** $1: how many changes at most. Answers with their number, the last one, and whether one of them is a TRUNCATE. */
  readonly take: string;
  /** $1: the last change that was taken; those before it that this snapshot does not see stay pending, as in all that follow. */
  readonly remove: string;
  readonly insert: string;
  /** Number and hash of the rows with these keys on both sides. */
  readonly prove: string;
  readonly consume: string;
  /**
   * After a TRUNCATE of a source whose partitions are emptied one by one: deletes the rows of the target whose keys it does not
   * have any more, and then forgets the TRUNCATEs of this snapshot. Reads both sides.
   */
  readonly removeGone: string;
  readonly forgetEmptied: string;
}

export function reconcileTexts(pair: Pair): ReconcileTexts {
  const { source, target, pending, key, columns } = pair;
  const keys = quoteList(key.map((_, index) => nameKeyColumn(index)));
  // A row that changed a thousand times is read once.
  const taken = `(SELECT DISTINCT ${keys} FROM ${quoteRelationOf(pending)} WHERE ${CHANGE} <= $1::pg_catalog.int8) p`;
  return {
    lock: `LOCK TABLE ${quoteRelationOf(source)} IN ACCESS SHARE MODE`,
    take: `SELECT pg_catalog.count(*) AS changes, pg_catalog.max(t.${CHANGE}) AS last, coalesce(pg_catalog.bool_or(t.${EMPTIED}), false) AS emptied FROM (SELECT ${CHANGE}, ${EMPTIED} FROM ${quoteRelationOf(pending)} ORDER BY ${CHANGE} LIMIT $1::pg_catalog.int8) t`,
    remove: `DELETE FROM ${quoteRelationOf(target)} t USING ${taken} WHERE ${matchKey(pair, "t", "p")}`,
    insert: `INSERT INTO ${quoteRelationOf(target)} (${quoteList(columns.map(({ name }) => name))}) OVERRIDING SYSTEM VALUE SELECT ${columns.map(({ name }) => `s.${quote(name)}`).join(", ")} FROM ${taken} JOIN ${quoteRelationOf(source)} s ON ${matchKey(pair, "s", "p")}`,
    prove: proveTakenText(pair, taken),
    consume: `DELETE FROM ${quoteRelationOf(pending)} WHERE ${CHANGE} <= $1::pg_catalog.int8`,
    removeGone: `DELETE FROM ${quoteRelationOf(target)} t WHERE NOT EXISTS (SELECT FROM ${quoteRelationOf(source)} s WHERE ${key.map((name) => `s.${quote(name)} OPERATOR(pg_catalog.=) t.${quote(name)}`).join(" AND ")})`,
    forgetEmptied: `DELETE FROM ${quoteRelationOf(pending)} WHERE ${EMPTIED}`,
  };
}

/**
 * Returns the query that compares the rows with some keys: their number and hash on both sides.
 *
 * @param taken the keys, as a relation with the alias `p`
 */
export function proveTakenText(pair: Pair, taken: string): string {
  const side = (relation: PairRelation, alias: string) =>
    `SELECT pg_catalog.count(*) AS n, pg_catalog.sum(${hashText(pair, alias)}) AS h FROM ${taken} JOIN ${quoteRelationOf(relation)} ${alias} ON ${matchKey(pair, alias, "p")}`;
  return `SELECT a.n AS source_rows, a.h AS source_hash, b.n AS target_rows, b.h AS target_hash FROM (${side(pair.source, "s")}) a, (${side(pair.target, "t")}) b`;
}
