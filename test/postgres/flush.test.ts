import { describe, expect, it } from "vitest";
import { ConnectionLost } from "../../postgres/connect/session-errors";
import { administer, anyVersion, withDatabase } from "../support/database";
import { failureOf, opener, options, recordingLog, statement } from "./support";

const table = { schema: "s", table: "t" };

describe.each(anyVersion())("committing now and flushing later on PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const open = opener(server);
  const quiet = () => ({ signal: new AbortController().signal, log: recordingLog() });

  /** The servers of the tests do not wait for the disk; sessions of this database do. */
  async function durable(): Promise<void> {
    await administer(server, (admin) => admin.query(`alter database ${server.database} set synchronous_commit = on`));
    await server.query("create table if not exists seen (setting text)");
    await server.query("truncate seen");
  }

  const note = (label: string) =>
    statement("insert into public.seen select current_setting('synchronous_commit')", { transaction: label });

  it("does not wait for the disk in such a transaction, and does in the next one of the session", async () => {
    await durable();
    const database = open({ poolSize: 2 });
    await database.execute([note("a"), note("b")], options("noting", { flushedLater: true }));
    await database.execute([note("c")], options());
    expect(await server.query("select setting from seen")).toEqual([
      { setting: "off" },
      { setting: "off" },
      { setting: "on" },
    ]);
  });

  it("has everything on disk after the flush", async () => {
    await durable();
    const database = open();
    await database.withTableLock(table.schema, table.table, quiet(), async () => {
      for (const label of ["a", "b", "c"])
        await database.execute([note(label)], options("noting", { flushedLater: true }));
      const [written] = await server.query<{ lsn: string }>("select pg_current_wal_insert_lsn() as lsn");
      await database.flush(table, quiet());
      const flushed = await server.query("select pg_current_wal_flush_lsn() >= $1::pg_lsn as yes", [written?.lsn]);
      expect(flushed).toEqual([{ yes: true }]);
    });
  });

  it("vouches for nothing when the lock was lost in between: the server may have come back without it", async () => {
    const database = open();
    await database.connect();
    const error = await failureOf(
      database.withTableLock(table.schema, table.table, quiet(), async () => {
        await server.query(
          "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
        );
        await database.flush(table, quiet());
      }),
    );
    expect(error).toBeInstanceOf(ConnectionLost);
    expect(error.message).toContain('writing the changes of table "s"."t" to disk: the lock of the table was lost');
  });
});
