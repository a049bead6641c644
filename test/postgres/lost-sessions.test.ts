import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { explainConnectionError } from "../../postgres/connect/connection-error";
import { ConnectionLost, StatementError } from "../../postgres/connect/session-errors";
import { exportRows } from "../../postgres/rows/export-rows";
import { anyVersion, withDatabase } from "../support/database";
import { eventually, failureOf, opener, options, recordingLog, statement } from "./support";

/** Of the driver: they say nothing about the database. */
const BARE = /Connection terminated|not queryable|Connection ended/;

it.each([
  "Connection terminated unexpectedly",
  "Connection terminated",
  "Client has encountered a connection error and is not queryable",
  "Client was closed and is not queryable",
])("a server that accepts a connection and drops it (%s) is reported with address and fix, and tried again", (text) => {
  const target = { host: "db.example.com", port: 5433, database: "app", user: "owner" };
  const error = explainConnectionError(new Error(text), target, (hidden) => hidden);
  expect(error.kind).toBe("unreachable");
  expect(error.message).toContain('cannot connect to db.example.com:5433, database "app", user "owner": ');
  expect(error.message).toContain("Check host and port, that the server runs");
  expect(error.message).not.toMatch(BARE);
});

describe.each(anyVersion())("sessions that the server ends, PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const open = opener(server);
  const quiet = () => ({ signal: new AbortController().signal, log: recordingLog() });
  const insert = (label: string) => [
    statement("insert into public.t values (1)", { transaction: label }),
    statement("lock table public.busy in access exclusive mode", { transaction: label, timeouts: "strong" }),
  ];

  beforeEach(async () => {
    await server.query("drop table if exists t, busy");
    await server.query("create table t (id int)");
    await server.query("create table busy (id int)");
  });

  it("all of them idle: the next reading and the next statements open new ones, and nothing fails", async () => {
    const database = open();
    await Promise.all([1, 2, 3, 4, 5].map(() => database.read("select pg_sleep(0.1)")));
    for (let round = 0; round < 3; round += 1) {
      await terminate("application_name = 'pgpartition-test'");
      // Not a moment is waited: whether the driver has heard of it must make no difference to a reading.
      expect(await database.read("select 1 as one")).toEqual([{ one: 1 }]);
      await terminate("application_name = 'pgpartition-test'");
      await gone();
      await database.execute([statement("insert into public.t values (1)", { transaction: "a" })], options());
      await database.withTableLock("s", "t", quiet(), () =>
        database.execute([statement("insert into public.t values (1)")], options()),
      );
    }
    expect(await server.query("select id from t")).toHaveLength(6);
  });

  it("in the middle of a transaction: it is sent again as a whole, and done once", async () => {
    const holder = await server.connect();
    await holder.query("begin");
    await holder.query("lock table busy in access exclusive mode");
    const database = open();
    await database.connect();
    const log = recordingLog();
    const work = database.withTableLock("s", "t", { ...quiet(), log }, () =>
      database.execute(insert("twice"), options("working", { log })),
    );
    work.catch(() => undefined);
    const waiting = "application_name = 'pgpartition-test' and wait_event_type = 'Lock'";
    await eventually(async () => (await terminate(waiting)) > 0, 20_000);
    await holder.query("rollback");
    await holder.end();
    await work;
    expect(await server.query("select id from t")).toEqual([{ id: 1 }]);
    expect(log.lines.join("\n")).not.toMatch(BARE);
  });

  it("the one that holds the lock of a table: the lock is taken again, and the work under it is restarted", async () => {
    const database = open();
    const rounds: number[] = [];
    const log = recordingLog();
    const done = await database.withTableLock("s", "t", { ...quiet(), log }, async ({ repeat }) => {
      rounds.push(repeat);
      if (repeat === 0) {
        await terminate(`pid in (select pid from pg_locks where locktype = 'advisory')`);
        await gone("pid in (select pid from pg_locks where locktype = 'advisory')");
      }
      await database.execute([statement("insert into public.t values (1)", { transaction: "a" })], options("working"));
      return "done";
    });
    expect([done, rounds]).toEqual(["done", [0, 1]]);
    expect(log.lines[0]).toContain("the lock of the table was lost");
    expect(log.lines[0]).toContain('Table "s"."t" is read again');
    expect(await server.query("select id from t")).toEqual([{ id: 1 }]);
  });

  it("both at once, while another update waits: nothing is sent without the lock, and each is done once", async () => {
    const database = open();
    const other = open({ applicationName: "other update" });
    await other.connect();
    const order: string[] = [];
    let waiting: Promise<unknown> | undefined;
    await database.withTableLock("s", "t", quiet(), async ({ repeat }) => {
      if (repeat === 0) {
        waiting = other.withTableLock("s", "t", quiet(), async () => {
          order.push("other");
          await other.execute([statement("insert into public.t values (2)")], options());
        });
        await terminate("application_name = 'pgpartition-test'");
        // The other one has the lock now: whatever is sent here would be sent without it.
        await eventually(async () => order.includes("other"), 20_000);
      }
      await database.execute([statement("insert into public.t values (1)", { transaction: "a" })], options("working"));
      order.push("this");
    });
    await waiting;
    expect(order).toEqual(["other", "this"]);
    expect(await server.query("select id from t order by 1")).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it("with a statement of no transaction on its way: the outcome is unknown, with where, what and the fix", async () => {
    const database = open();
    const work = failureOf(
      database.execute([statement("select pg_sleep(7)", { timeouts: "waiting" })], options("sleeping")),
    );
    await eventually(async () => (await terminate("query = 'select pg_sleep(7)'")) > 0, 20_000);
    const error = await work;
    expect(error).toBeInstanceOf(ConnectionLost);
    expect(error.message).toContain(
      `sleeping: the connection to ${server.host}:${String(server.port)}/${server.database} as ${server.user} was lost (`,
    );
    expect(error.message).toContain("outcome unknown: it may have taken effect");
    expect(error.message).toContain("Run the update again");
    expect(error.message).not.toMatch(BARE);
  });

  it("while rows are copied: the error reports what was not done, and the next one has a new session", async () => {
    // 30 MB: more than the buffers of a connection hold, so that the server cannot have sent it all before it is ended.
    await server.query("alter table t add column note text");
    await server.query("insert into t select n, repeat('x', 1000) from generate_series(1, 30000) n");
    const [facts] = await server.query<{ oid: string; filenode: string }>(
      "select 't'::regclass::oid::text as oid, pg_relation_filenode('t')::text as filenode",
    );
    const database = open();
    const request = {
      relation: { schema: "public", name: "t", oid: facts?.oid ?? "", filenode: facts?.filenode ?? "" },
      columns: ["note"],
      first: "(0,0)",
      end: "(100000,0)",
      left: "this part was not archived",
    };
    const stop = { signal: new AbortController().signal, subject: "reading t" };
    const error = await failureOf(
      exportRows(database, request, stop, async (text) => {
        await eventually(async () => (await terminate("query like 'COPY%'")) > 0, 20_000);
        for await (const _ of text) await sleep(0);
      }),
    );
    expect(error.message).toMatch(/^reading t: the connection.* was lost \(.*\), this part was not archived/);
    expect(error.message).not.toMatch(BARE);
    const read = await exportRows(database, request, stop, async (text) => {
      let bytes = 0;
      for await (const piece of text) bytes += (piece as Buffer).length;
      return bytes;
    });
    expect(read).toBeGreaterThan(30_000_000);
  });

  it("another session was faster: the work under the lock is restarted, and a mistake of the statement is reported as it is", async () => {
    const database = open();
    const seen: number[] = [];
    const log = recordingLog();
    await database.withTableLock("s", "t", { ...quiet(), log }, async ({ repeat }) => {
      seen.push(repeat);
      if (repeat > 0) return;
      await server.query("drop table public.busy");
      await database.execute(
        [statement("alter table public.busy add column a int", { transaction: "x", timeouts: "strong" })],
        options("changing busy"),
      );
    });
    expect(seen).toEqual([0, 1]);
    expect(log.lines[0]).toContain('changing busy: relation "public.busy" does not exist (SQLSTATE 42P01)');
    const error = await failureOf(
      database.withTableLock("s", "t", quiet(), () =>
        database.execute([statement("select * from public.never")], options("reading never")),
      ),
    );
    expect(error).toBeInstanceOf(StatementError);
    expect(error.message).toContain("42P01");
  });

  /** How many sessions were ended. */
  async function terminate(where: string): Promise<number> {
    const rows = await server.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and ${where}`,
    );
    return rows.length;
  }

  async function gone(where = "application_name = 'pgpartition-test'"): Promise<void> {
    await eventually(
      async () =>
        (await server.query(`select from pg_stat_activity where datname = current_database() and ${where}`)).length ===
        0,
    );
  }
});
