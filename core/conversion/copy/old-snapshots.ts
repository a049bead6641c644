import { fitIdentifier, quote, quoteLiteral, quoteQualified, type Quoted } from "../../names/identifier";
import type { Statement } from "../../sql/statement";

/**
 * Waits until every transaction of the database has ended whose snapshot is older than this moment: one that reads the table for the
 * first time after the swap would see only the rows that were copied before its snapshot, without an error.
 *
 * CREATE INDEX CONCURRENTLY waits for exactly these, for every role and without a privilege to see its sessions
 * (https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY); so an index is built on a table that is
 * empty.
 *
 * @param patience `brief`: a few seconds, then it fails with the sessions in the way
 */
export function waitForOldSnapshots(
  { schema, pending }: { readonly schema: string; readonly pending: string },
  patience: "patient" | "brief" = "patient",
): Statement[] {
  const name = fitIdentifier(`${pending}_wait`);
  const waiting = quoteQualified(schema, name);
  const alone = (sql: string, hazards: Statement["hazards"] = []): Statement => ({
    sql,
    transaction: hazards.length > 0 ? undefined : sql,
    timeouts: hazards.length > 0 && patience === "patient" ? "waiting" : "light",
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
    {
      ...alone(`DROP TABLE ${waiting}`),
      locks: [{ relation: `${schema}.${name}`, role: "partition", mode: "ACCESS EXCLUSIVE" }],
    },
  ];
}

/** Name of the trigger by which the table refuses writes of transactions whose snapshot is older than its swap. */
export const SNAPSHOT_TRIGGER = "pgpartition_snapshot";

/** Creates that trigger in the transaction of the swap, whose number it is given. */
export function refuseOldSnapshots(table: Quoted, management: string): string {
  const create = `CREATE TRIGGER ${SNAPSHOT_TRIGGER} BEFORE INSERT OR UPDATE OR DELETE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION ${quote(management)}.refuse_old_snapshot(%L)`;
  return `DO ${quoteLiteral(`BEGIN EXECUTE pg_catalog.format(${quoteLiteral(create)}, pg_catalog.pg_current_xact_id()); END`)}`;
}

/** Removes the trigger once no such transaction is left; waits for them a few seconds, and leaves it to the next update otherwise. */
export function acceptSnapshots(
  { schema, table }: { readonly schema: string; readonly table: string },
  pending: string,
): Statement[] {
  const drop = `DROP TRIGGER IF EXISTS ${SNAPSHOT_TRIGGER} ON ${quoteQualified(schema, table)}`;
  return [
    ...waitForOldSnapshots({ schema, pending }, "brief"),
    {
      sql: drop,
      transaction: drop,
      timeouts: "strong",
      outwaitsAutovacuum: true,
      locks: [{ relation: `${schema}.${table}`, role: "parent", mode: "ACCESS EXCLUSIVE" }],
      hold: "instant",
      hazards: ["LOCK_PARENT_AX"],
      undo: "not needed: every transaction sees the rows of the swap",
    },
  ];
}
