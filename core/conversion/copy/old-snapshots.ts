import { fitIdentifier, quote, quoteQualified } from "../../names/identifier";
import type { Statement } from "../../sql/statement";
import type { CopySource } from "./copy-source";

/**
 * Waits until every transaction of the database has ended whose snapshot is older than this moment: one that reads the table for the
 * first time after the swap would see only the rows that were copied before its snapshot, without an error.
 *
 * CREATE INDEX CONCURRENTLY waits for exactly these, for every role and without a privilege to see its sessions
 * (https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY); so an index is built on a table that is
 * empty.
 */
export function waitForOldSnapshots({ table, names }: Pick<CopySource, "table" | "names">): Statement[] {
  const name = fitIdentifier(`${names.pending}_wait`);
  const waiting = quoteQualified(table.schema, name);
  const alone = (sql: string, hazards: Statement["hazards"] = []): Statement => ({
    sql,
    transaction: hazards.length > 0 ? undefined : sql,
    timeouts: hazards.length > 0 ? "waiting" : "light",
    locks: [],
    hold: hazards.length > 0 ? "waits for others" : "instant",
    hazards,
    undo: "not needed: the table is empty, and is dropped",
  });
  return [
    // One that a killed run has left.
    alone(`DROP TABLE IF EXISTS ${waiting}`),
    alone(`CREATE TABLE ${waiting} (n integer)`),
    alone(`CREATE INDEX CONCURRENTLY ${quote(fitIdentifier(`${name}_idx`))} ON ${waiting} (n)`, [
      "WAITS_OLD_XACTS",
      "NON_TRANSACTIONAL",
    ]),
    alone(`DROP TABLE ${waiting}`),
  ];
}
