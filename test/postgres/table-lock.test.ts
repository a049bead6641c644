import { describe, expect, it } from "vitest";
import { Cancelled, ConnectionLost, LockBudgetExceeded } from "../../postgres/connect/session-errors";
import { anyVersion, ownRole, withDatabase } from "../support/database";
import { eventually, failureOf, opener, options, recordingLog, statement } from "./support";

/** What a body waits for until the test goes on. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe.each(anyVersion())("the lock of a table on PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const open = opener(server);
  const quiet = () => ({ signal: new AbortController().signal, log: recordingLog() });
  const locks = () =>
    server.query(
      "select from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())",
    );

  it("lets the callers of one process in one after the other, in order, with one lock", async () => {
    const database = open();
    await database.connect();
    const before = database.statementCount;
    const events: string[] = [];
    await Promise.all(
      [1, 2, 3].map((n) =>
        database.withTableLock("s", "t", quiet(), async () => {
          events.push(`in ${n}`);
          await server.query("select");
          events.push(`out ${n}`);
        }),
      ),
    );
    expect(events).toEqual(["in 1", "out 1", "in 2", "out 2", "in 3", "out 3"]);
    await eventually(async () => (await locks()).length === 0);
    expect(database.statementCount - before).toBe(2);
  });

  it("keeps other processes out, names its holder, and lets them in afterwards", async () => {
    const first = open({ applicationName: "first run" });
    const second = open({ applicationName: "second run" });
    const events: string[] = [];
    const { opened, open: goOn } = gate();
    const holding = first.withTableLock("s", "t", quiet(), async () => {
      await opened;
      events.push("first");
    });
    await eventually(async () => (await locks()).length === 1);
    const log = recordingLog();
    const waiting = second.withTableLock("s", "t", { ...quiet(), log }, async () => events.push("second"));
    await eventually(() => Promise.resolve(log.lines.length > 0));
    goOn();
    await Promise.all([holding, waiting]);
    expect(events).toEqual(["first", "second"]);
    expect(log.lines[0]).toMatch(
      /^waiting for the lock of table "s"."t", held by pid \d+ \("first run", connected since \d{4}-/,
    );
  });

  it("gives up at the deadline and names the holder", async () => {
    const other = await server.connect({ application_name: "someone else", ...ownRole(server) });
    await other.query("select pg_advisory_lock(hashtextextended('pgpartition:s.t', 0))");
    const error = await failureOf(open({ lockBudgetMs: 400 }).withTableLock("s", "t", quiet(), async () => undefined));
    await other.end();
    expect(error).toBeInstanceOf(LockBudgetExceeded);
    expect(error.message).toMatch(/held by pid \d+ \("someone else", connected since/);
  });

  it("does not make tables wait for each other, and hands on after a failure", async () => {
    const database = open();
    await database.withTableLock("s", "a", quiet(), () =>
      database.withTableLock("s", "b", quiet(), async () => undefined),
    );
    const [failed, passed] = await Promise.allSettled([
      database.withTableLock("s", "t", quiet(), () => Promise.reject(new Error("no"))),
      database.withTableLock("s", "t", quiet(), async () => "yes"),
    ]);
    expect(failed.status).toBe("rejected");
    expect(passed).toEqual({ status: "fulfilled", value: "yes" });
  });

  it("stops waiting when the signal comes, and does not let the next one past the holder", async () => {
    const database = open();
    const controller = new AbortController();
    const events: string[] = [];
    const { opened, open: goOn } = gate();
    const first = database.withTableLock("s", "t", quiet(), async () => {
      await opened;
      events.push("first");
    });
    const second = failureOf(
      database.withTableLock("s", "t", { ...quiet(), signal: controller.signal }, async () => events.push("second")),
    );
    const third = database.withTableLock("s", "t", quiet(), async () => events.push("third"));
    await eventually(async () => (await locks()).length === 1);
    controller.abort();
    expect(await second).toBeInstanceOf(Cancelled);
    goOn();
    await Promise.all([first, third]);
    expect(events).toEqual(["first", "third"]);
  });

  it("refuses to work on when the session that held the lock is gone", async () => {
    const database = open({ applicationName: "losing" });
    const error = await failureOf(
      database.withTableLock("s", "t", quiet(), async () => {
        await server.query(
          "select pg_terminate_backend(l.pid) from pg_locks l where l.locktype = 'advisory' and l.granted and l.database = (select oid from pg_database where datname = current_database())",
        );
        await eventually(async () => (await locks()).length === 0);
        await database.execute([statement("select 1")], options("working"));
      }),
    );
    expect(error).toBeInstanceOf(ConnectionLost);
    await database.withTableLock("s", "t", quiet(), () =>
      database.execute([statement("select 1")], options("working")),
    );
  });
});
