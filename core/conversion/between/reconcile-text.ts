import { quote, quoteList } from "../../names/identifier";
import { hashText } from "./proof-text";
import { EMPTIED, matchKey, nameKeyColumn, type Pair, type PairRelation, quoteRelationOf } from "./pair";

/**
 * The statements of one reconciliation, in their order, of one REPEATABLE READ transaction whose snapshot is taken after the source
 * was locked against ALTER and TRUNCATE: they all see the same changes, and the rows that belong to them.
 */
interface ReconcileTexts {
  /** Locks the source first: then no ALTER that would make it look empty to this snapshot, and no TRUNCATE, can come between. */
  readonly lock: string;
  /**
   * $1: how many changes at most, in the order of the file. Answers with their number, the places of the
   * first and the last one, and whether one of them is a TRUNCATE.
   */
  readonly take: string;
  /** $1, $2: the places of the first and the last change that was taken; those between that this snapshot does not see stay pending. */
  readonly remove: string;
  readonly insert: string;
  /** Number and hash of the rows with these keys on both sides. */
  readonly prove: string;
  /** Leaves a TRUNCATE, which has to be seen. */
  readonly consume: string;
  /**
   * After a TRUNCATE of a source whose partitions are emptied one by one: deletes the rows of the target whose keys it does not
   * have any more, and then forgets the TRUNCATEs of this snapshot. Reads both sides.
   */
  readonly removeGone: string;
  readonly forgetEmptied: string;
}

/** Between these places are all changes. */
export const ALL_PLACES = { first: "(0,0)", last: "(4294967294,65535)" } as const;

/**
 * Changes are taken by their places in the file, not by their numbers: so a writer pays for no index on these. Their order does not
 * matter, because rows are read as they are now.
 */
export function reconcileTexts(pair: Pair): ReconcileTexts {
  const { source, target, pending, key, columns } = pair;
  const keys = quoteList(key.map((_, index) => nameKeyColumn(index)));
  const between = "ctid OPERATOR(pg_catalog.>=) $1::pg_catalog.tid AND ctid OPERATOR(pg_catalog.<=) $2::pg_catalog.tid";
  // A row that changed a thousand times is read once, and in the order of the keys: neighbours in an index then follow each other.
  const taken = `(SELECT DISTINCT ${keys} FROM ${quoteRelationOf(pending)} WHERE ${between} ORDER BY ${keys}) p`;
  return {
    lock: `LOCK TABLE ${quoteRelationOf(source)} IN ACCESS SHARE MODE`,
    // The condition lets it begin at the first block; a scan of the whole may begin in the middle.
    take: `SELECT pg_catalog.count(*) AS changes, pg_catalog.min(t.place) AS first, pg_catalog.max(t.place) AS last, coalesce(pg_catalog.bool_or(t.${EMPTIED}), false) AS emptied FROM (SELECT ctid AS place, ${EMPTIED} FROM ${quoteRelationOf(pending)} WHERE ctid OPERATOR(pg_catalog.>=) '${ALL_PLACES.first}'::pg_catalog.tid LIMIT $1::pg_catalog.int8) t`,
    remove: `DELETE FROM ${quoteRelationOf(target)} t USING ${taken} WHERE ${matchKey(pair, "t", "p")}`,
    insert: `INSERT INTO ${quoteRelationOf(target)} (${quoteList(columns.map(({ name }) => name))}) OVERRIDING SYSTEM VALUE SELECT ${columns.map(({ name }) => `s.${quote(name)}`).join(", ")} FROM ${taken} JOIN ${quoteRelationOf(source)} s ON ${matchKey(pair, "s", "p")}`,
    prove: proveTakenText(pair, taken),
    consume: `DELETE FROM ${quoteRelationOf(pending)} WHERE ${between} AND NOT ${EMPTIED}`,
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
