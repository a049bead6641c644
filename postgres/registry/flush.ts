import type { Statement } from "../../core/sql/statement";
import type { TableName } from "../../core/names/table-name";

/**
 * Returns a statement whose transaction only writes a record to the server's log: with its commit, everything that committed
 * before is on disk, and at the standbys if the server waits for them. Only a transaction that has written waits for the disk
 * (RecordTransactionCommit in xact.c of 15 to 18), and a message is the only thing that any role may write without touching a
 * table. Subscribers see it only if they ask for messages.
 */
export function flushStatement({ schema, table }: TableName): Statement {
  return {
    sql: "select pg_catalog.pg_logical_emit_message(true, 'pgpartition', '')",
    transaction: `flush ${schema}.${table}`,
    timeouts: "light",
    locks: [],
    hold: "instant",
    hazards: [],
    undo: "not needed: it changes nothing",
  };
}
