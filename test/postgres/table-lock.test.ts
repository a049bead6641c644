import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Cancelled, ConnectionLost, LockBudgetExceeded } from "../../postgres/connect/session-errors";
import { ownRole, testVersions, withDatabase } from "../support/database";
import { failureOf, opener, options, recordingLog, statement } from "./support";

describe.each(testVersions())("the lock of a table on PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const open = opener(server);
  const quiet = () => ({ signal: new AbortController().signal, log: recordingLog() });

  it("lets the callers of one process in one after the other, in order, with one lock", async () => {
    const database = open();
    await database.connect();
    const before = database.statementCount;
    const events: string[] = [];
    await Promise.all(
      [1, 2, 3].map((n) =>
        database.withTableLock("s", "t", quiet(), async () => {
          events.push(`in ${n}`);
          await sleep(30);
          events.push(`out ${n}`);
        }),
      ),
    );
    expect(events).toEqual(["in 1", "out 1", "in 2", "out 2", "in 3", "out 3"]);
    await sleep(50);
    expect(database.statementCount - before).toBe(2);
    expect(
      await server.query(
        "select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
      ),
    ).toEqual([]);
  });

  it("keeps other processes out, names its holder, and lets them in afterwards", async () => {
    const first = open({ applicationName: "first run" });
    const second = open({ applicationName: "second run" });
    const events: string[] = [];
    const holding = first.withTableLock("s", "t", quiet(), async () => {
      await sleep(600);
      events.push("first");
    });
    await sleep(200);
    const log = recordingLog();
    await Promise.all([
      holding,
      second.withTableLock("s", "t", { ...quiet(), log }, async () => events.push("second")),
    ]);
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
    const first = database.withTableLock("s", "t", quiet(), async () => {
      await sleep(300);
      events.push("first");
    });
    const second = failureOf(
      database.withTableLock("s", "t", { ...quiet(), signal: controller.signal }, async () => events.push("second")),
    );
    const third = database.withTableLock("s", "t", quiet(), async () => events.push("third"));
    await sleep(50);
    controller.abort();
    expect(await second).toBeInstanceOf(Cancelled);
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
        await sleep(100);
        await database.execute([statement("select 1")], options("working"));
      }),
    );
    expect(error).toBeInstanceOf(ConnectionLost);
    await database.withTableLock("s", "t", quiet(), () =>
      database.execute([statement("select 1")], options("working")),
    );
  });
});
