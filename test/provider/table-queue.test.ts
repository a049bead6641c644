import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Database } from "../../postgres/database";
import type { CallContext } from "../../provider/runtime/call-context";
import { TableQueue } from "../../provider/runtime/table-queue";
import { opener, options, recordingLog, statement } from "../postgres/support";
import { anyVersion, withDatabase } from "../support/database";
import { until } from "../support/harness/until";
import { statementsDuring } from "../support/statement-log";

const table = { schema: "public", table: "t" };

describe.each(anyVersion())("the queue of a table on PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const open = opener(server);

  const ctx = { signal: new AbortController().signal, log: recordingLog() } as unknown as CallContext;

  function tasks(
    database: Database,
    events: string[],
    names: readonly string[],
    body: (name: string) => Promise<void>,
  ) {
    const queue = new TableQueue();
    return names.map((name) =>
      queue
        .run(
          database,
          table,
          ctx,
          () => database.observe(table.schema, table.table),
          async () => {
            await body(name);
            events.push(`${name} ran`);
          },
        )
        .then(
          () => events.push(`${name} told`),
          (error: unknown) => events.push(`${name} failed: ${String(error)}`),
        ),
    );
  }

  const note = (database: Database, name: string) =>
    database.execute(
      [statement(`create table public.made_${name} ()`, { transaction: name })],
      options("making", { flushedLater: true }),
    );

  const letGo = (database: Database) =>
    database.withTableLock(table.schema, table.table, { signal: ctx.signal, log: ctx.log }, async () => undefined);

  it("keeps the table for a moment for what comes next, and lets go of it when something else wants it", async () => {
    const database = open();
    const holders = async (): Promise<number> =>
      Number(
        (
          await server.query(
            "select count(*) as n from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
          )
        )[0]?.["n"],
      );
    const events: string[] = [];
    await Promise.all(tasks(database, events, ["x"], (name) => note(database, name)));
    expect(await holders()).toBe(1);
    await letGo(database);
    // Well before its pause of half a second is over.
    await expect.poll(holders, { timeout: 300, interval: 20 }).toBe(0);
    // The other one waits already while the tasks run.
    const running = Promise.all(tasks(database, events, ["y", "z"], (name) => note(database, name)));
    await setImmediate();
    await Promise.all([running, letGo(database)]);
    await expect.poll(holders, { timeout: 300, interval: 20 }).toBe(0);
    expect(events).toEqual(["x ran", "x told", "y ran", "z ran", "y told", "z told"]);
  });

  it("flushes the changes of its tasks once, and reports them as done only then", async () => {
    const events: string[] = [];
    const logged = await statementsDuring(server, async () => {
      const database = open();
      await Promise.all(tasks(database, events, ["a", "b", "c"], (name) => note(database, name)));
      // The table is kept for a moment, or until something else wants it; the log is complete when it is let go.
      await letGo(database);
    });
    expect(events).toEqual(["a ran", "b ran", "c ran", "a told", "b told", "c told"]);
    const sent = logged.map(({ sql }) => sql).filter((sql) => /^create|logical_emit_message/.test(sql));
    expect(sent).toEqual([
      "create table public.made_a ()",
      "create table public.made_b ()",
      "create table public.made_c ()",
      "select pg_catalog.pg_logical_emit_message(true, 'pgpartition', '')",
    ]);
  });

  it("reports no task as done when the lock was lost before the flush", async () => {
    const events: string[] = [];
    const database = open();
    await Promise.all(
      tasks(database, events, ["d", "e"], async (name) => {
        await note(database, name);
        if (name === "e")
          await server.query(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
          );
      }),
    );
    await until(() => events.length >= 4);
    expect(events.slice(0, 2)).toEqual(["d ran", "e ran"]);
    expect(events.slice(2).map((event) => event.slice(0, 9))).toEqual(["d failed:", "e failed:"]);
  });
});
