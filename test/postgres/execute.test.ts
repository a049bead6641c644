import { beforeEach, describe, expect, it } from "vitest";
import { Cancelled, LockBudgetExceeded, StatementError } from "../../postgres/connect/session-errors";
import type { ExecuteOptions } from "../../postgres/execute/execute-options";
import { ownRole, testVersions, withDatabase } from "../support/database";
import { allowedMs, waitsDuring } from "../support/harness/waits";
import { attemptsIn, eventually, failureOf, opener, options, recordingLog, statement } from "./support";

describe.each(testVersions())("executing on PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const open = opener(server);

  beforeEach(async () => {
    await server.query("drop table if exists t, u");
    await server.query("create table t (id int)");
  });

  const strong = (sql: string, label = "change t") => statement(sql, { transaction: label, timeouts: "strong" });

  it("waits out a lock that is held through several attempts, and says who holds it", async () => {
    const holder = await server.connect({ application_name: "reporting" });
    await holder.query("begin");
    await holder.query("lock table t in access exclusive mode");
    const log = recordingLog();
    const done = open().execute([strong("alter table public.t add column a int")], options("adding a column", { log }));
    await eventually(() => Promise.resolve(attemptsIn(log) > 1));
    await holder.query("commit");
    await done;
    await holder.end();
    expect(
      log.lines.some((line) => line.includes('"reporting"') && line.startsWith("adding a column: waiting for pid ")),
    ).toBe(true);
    expect(
      await server.query("select 1 from information_schema.columns where table_name = 't' and column_name = 'a'"),
    ).toHaveLength(1);
  });

  it("gives up at the budget, names the holder and changes nothing", async () => {
    const holder = await server.connect({ application_name: "nightly report", ...ownRole(server) });
    const pid = (await holder.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]?.pid;
    await holder.query("begin");
    await holder.query("select * from t /* secret-in-query */");
    const database = open({ lockBudgetMs: 700 });
    const group = [
      statement("create table public.u (id int)", { transaction: "change t" }),
      strong("alter table public.t add column b int"),
    ];
    const error = await failureOf(database.execute(group, options("adding b")));
    await holder.query("rollback");
    await holder.end();
    expect(error).toBeInstanceOf(LockBudgetExceeded);
    expect(error.message).toContain(`pid ${String(pid)} ("nightly report", idle in transaction`);
    expect(error.message).not.toContain("secret-in-query");
    expect((error.cause as { code?: string }).code).toBe("55P03");
    expect(await server.query("select to_regclass('public.u') as u")).toEqual([{ u: null }]);
  });

  it("never lets others wait longer than lock_timeout at a time", async () => {
    const holder = await server.connect();
    await holder.query("begin");
    await holder.query("select * from t");
    const database = open({ lockBudgetMs: 60_000, applicationName: "pulumi-pgpartition" });
    const log = recordingLog();
    const work = database.execute([strong("alter table public.t add column c int")], options("waiting", { log }));
    const writer = await server.connect();
    // The writer meets three attempts, however long they take.
    const waits = await waitsDuring(server, async () => {
      while (attemptsIn(log) < 3) await writer.query("insert into t values (1)");
    });
    await holder.query("commit");
    await Promise.allSettled([work, holder.end(), writer.end()]);
    expect(waits.worst?.ms ?? 0).toBeLessThanOrEqual(allowedMs(waits, 100));
  });

  it("sets the time-outs of the class and puts the session's back", async () => {
    const database = open({ lockTimeoutMs: 80, waitBudgetMs: 60_000, poolSize: 2 });
    const probe =
      "insert into public.seen select current_setting('lock_timeout'), current_setting('statement_timeout')";
    await server.query("create table if not exists seen (lock text, statement text)");
    await server.query("truncate seen");
    await database.execute(
      [
        statement(probe, { transaction: "a", timeouts: "light" }),
        statement(probe, { transaction: "a", timeouts: "strong" }),
        statement(probe, { transaction: "b", timeouts: "waiting" }),
        statement(probe, { timeouts: "waiting" }),
        statement(probe, { timeouts: "light" }),
      ],
      options(),
    );
    const rows = await server.query<{ lock: string; statement: string }>("select * from seen");
    const session = await database.read(
      "select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement",
    );
    const strongest = { lock: "80ms", statement: "10s" };
    const waiting = { lock: "1min", statement: "1min" };
    expect(rows).toEqual([strongest, strongest, waiting, waiting, { lock: "5s", statement: "10s" }]);
    expect(session).toEqual([{ lock: "100ms", statement: "10s" }]);
  });

  it("refuses a text that holds two statements", async () => {
    const error = await failureOf(open().execute([statement("select 1; drop table public.t")], options("selecting")));
    expect(error).toBeInstanceOf(StatementError);
    expect(error.message).toContain(
      "selecting: cannot insert multiple commands into a prepared statement (SQLSTATE 42601)",
    );
    expect(await server.query("select to_regclass('public.t')::text as t")).toEqual([{ t: "t" }]);
  });

  it("rolls a transaction back as a whole and reports the statement that failed", async () => {
    const group = ["create table public.u (id int)", "insert into public.missing values (1)", "select 1"];
    const ran: string[] = [];
    const onStatement: ExecuteOptions["onStatement"] = (one, duration) => {
      ran.push(one.sql);
      expect(duration).toBeGreaterThanOrEqual(0);
    };
    const work = open().execute(
      group.map((sql) => statement(sql, { transaction: "u" })),
      options("making u", { onStatement }),
    );
    const error = await failureOf(work);
    expect(error).toBeInstanceOf(StatementError);
    expect((error as StatementError).sqlState).toBe("42P01");
    expect((error as StatementError).statement?.sql).toBe(group[1]);
    expect(ran).toEqual([group[0]]);
    expect(await server.query("select to_regclass('public.u') as u")).toEqual([{ u: null }]);
  });

  it("leaves values of rows out of its errors", async () => {
    await server.query("create unique index on t (id)");
    await server.query("insert into t values (424242)");
    const error = await failureOf(open().execute([statement("insert into public.t values (424242)")], options()));
    expect(error.message).toContain("23505");
    expect(error.message).not.toContain("424242");
  });

  it("does not repeat a waiting statement that failed", async () => {
    const holder = await server.connect();
    await holder.query("begin");
    await holder.query("lock table t in share row exclusive mode");
    const database = open({ waitBudgetMs: 300 });
    const build = statement("create index concurrently t_id on public.t (id)", {
      timeouts: "waiting",
      hazards: ["NON_TRANSACTIONAL"],
    });
    const error = await failureOf(database.execute([build], options("building")));
    await holder.query("commit");
    await holder.end();
    expect(error.message).toContain("building: ");
    expect(["55P03", "57014"]).toContain((error as StatementError).sqlState);
  });

  it("cancels the running statement when the signal comes", async () => {
    const database = open();
    const controller = new AbortController();
    const work = failureOf(
      database.execute(
        [statement("select pg_sleep(9)", { timeouts: "waiting" })],
        options("sleeping", { signal: controller.signal }),
      ),
    );
    await eventually(
      async () =>
        (await server.query("select from pg_stat_activity where query like 'select pg_sleep(9)' and state = 'active'"))
          .length > 0,
    );
    const start = performance.now();
    controller.abort();
    const error = await work;
    expect(error).toBeInstanceOf(Cancelled);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(
      await failureOf(database.execute([statement("select 1")], options("next", { signal: controller.signal }))),
    ).toBeInstanceOf(Cancelled);
    await database.execute([statement("select 1")], options("another"));
  });

  it("cancels everything at once", async () => {
    const database = open();
    const works = [1, 2, 3].map(() =>
      failureOf(database.execute([statement("select pg_sleep(8)", { timeouts: "waiting" })], options())),
    );
    await eventually(
      async () =>
        (await server.query("select from pg_stat_activity where query = 'select pg_sleep(8)' and state = 'active'"))
          .length === 3,
    );
    const start = performance.now();
    await database.cancelAll();
    for (const error of await Promise.all(works)) expect((error as StatementError).sqlState).toBe("57014");
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it("says that the outcome is unknown when the connection goes, and connects again", async () => {
    const database = open();
    const work = failureOf(
      database.execute([statement("select pg_sleep(7)", { timeouts: "waiting" })], options("sleeping")),
    );
    const pid = await eventually(
      async () =>
        (
          await server.query<{ pid: number }>(
            "select pid from pg_stat_activity where query = 'select pg_sleep(7)' and state = 'active'",
          )
        )[0]?.pid,
    );
    await server.query("select pg_terminate_backend($1)", [pid]);
    const error = await work;
    expect(error.name).toBe("ConnectionLost");
    expect(error.message).toContain("outcome unknown");
    await database.execute([statement("insert into public.t values (5)")], options());
    expect(await server.query("select id from t")).toEqual([{ id: 5 }]);
  });

  it("sends one transaction in one go", async () => {
    const database = open();
    await database.execute([statement("select 1")], options());
    const before = database.statementCount;
    const group = ["create table public.u (id int)", "insert into public.u values (1)"].map((sql) =>
      statement(sql, { transaction: "u" }),
    );
    await database.execute(group, options());
    // begin, time-outs, two statements, commit.
    expect(database.statementCount - before).toBe(5);
  });
});
