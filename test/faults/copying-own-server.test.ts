// A conversion by copy on a server of its own: settings that other tests do not have, and a server that ends with a crash.
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { Deployment } from "../support/harness/deployment";
import { type OwnServer, startOwnServer } from "../support/harness/own-server";
import { preview, up } from "../support/harness/rounds";
import { connectStandby } from "../support/harness/standby";
import { stopAt } from "../support/harness/stop-at";
import { requestedScope } from "../support/servers";
import { until } from "../support/harness/until";
import { PATIENT } from "../support/harness/under-load";

const program = conversionProgram({ convertFrom: { strategy: "copy" } });
const verifying = conversionProgram({ convertFrom: { strategy: "copy", until: "verify" } });
const COPIED = "after copying blocks of app.events";

/** 10 locks for each of 20 connections: 260 in all, with 6 prepared transactions. */
const SETTINGS = { max_prepared_transactions: "6", max_connections: "20", max_locks_per_transaction: "10" };

let server: OwnServer;
let deployment: Deployment;
let session: Client;
beforeAll(async () => {
  server = await startOwnServer(18, SETTINGS);
});
afterAll(() => server.remove());

const query = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await session.query<Record<string, unknown>>(sql)).rows;
const connect = async (): Promise<void> => {
  session = new Client({ connectionString: server.url });
  // The server's end is what some of these tests are about.
  session.on("error", () => undefined);
  await session.connect();
};

beforeEach(async () => {
  await connect();
  await query("drop schema if exists app cascade; drop schema if exists pgpartition cascade; create schema app");
  deployment = new Deployment();
  expect((await up(server, deployment, NO_TABLE)).error).toBeUndefined();
  await query(`
    create table app.events (id bigint primary key, at timestamptz not null, note text);
    insert into app.events select n, timestamptz '2025-01-01 00:00+00' + n * interval '20 minutes', 'note ' || n from generate_series(1, 5000) n;`);
});
afterEach(() => session.end());

const rows = () => query("select id, at, note from app.events order by id");
const isPlain = async () => {
  const [row] = await query("select relkind as kind from pg_class where oid = 'app.events'::regclass");
  return row?.["kind"] === "r";
};

describe("R6 a prepared transaction", () => {
  const said = (plugin: { readonly messages: readonly string[] }) =>
    until(() => plugin.messages.some((message) => message.includes('the prepared transaction "held"')));

  it("that has written before the capture is waited for, by its name, and what it wrote is copied", async () => {
    await query("begin; update app.events set note = 'prepared' where id <= 10; prepare transaction 'held'");
    const run = up(server, deployment, program, {
      config: PATIENT,
      started: (plugin) => {
        void said(plugin).then(() => query("commit prepared 'held'"));
      },
    });
    expect((await run).error).toBeUndefined();
    expect(await isPlain()).toBe(false);
    expect(await query("select count(*)::int as n from app.events where note = 'prepared'")).toEqual([{ n: 10 }]);
    expect(await query("select count(*)::int as n from app.events")).toEqual([{ n: 5000 }]);
  });

  it("that stays: nothing is captured, and the error names it", async () => {
    await query("begin; update app.events set note = 'prepared' where id <= 10; prepare transaction 'held'");
    const { error } = await up(server, deployment, program, { config: { lockBudgetMs: "500" } });
    expect(error).toContain('the prepared transaction "held"');
    expect(await query("select from pg_trigger where tgname like 'pgpartition_capture%'")).toEqual([]);
    await query("rollback prepared 'held'");
    const before = await rows();
    expect((await up(server, deployment, program)).error).toBeUndefined();
    expect(await rows()).toEqual(before);
  });

  it("that writes while rows are copied is waited for before the swap, and what it wrote is in the partitioned table", async () => {
    const stop = stopAt(COPIED);
    const run = up(server, deployment, program, {
      config: PATIENT,
      env: stop.env,
      started: (plugin) => {
        void said(plugin).then(() => query("commit prepared 'held'"));
      },
    });
    await stop.reached();
    await query("begin; update app.events set note = 'prepared' where id <= 10; prepare transaction 'held'");
    stop.goOn();
    expect((await run).error).toBeUndefined();
    expect(await isPlain()).toBe(false);
    expect(await query("select count(*)::int as n from app.events where note = 'prepared'")).toEqual([{ n: 10 }]);
  });
});

describe.each([
  ["its sender", undefined],
  ["its slot", "of_replica"],
])("S3 S13 a standby whose snapshots %s has", (_, slot) => {
  const readNext = async () =>
    BigInt(String((await query("select pg_snapshot_xmax(pg_current_snapshot())::text as next"))[0]?.["next"]));

  it("is waited for before the swap, by name, while changes are followed, until it has none that is older than the copy", async () => {
    const standby = await connectStandby({ connectionString: server.url }, "replica");
    if (slot) await query(`select pg_create_physical_replication_slot('${slot}', true)`);
    await standby.start(slot);
    standby.report(await readNext());
    await until(async () => (await query(REPORTED)).length > 0);
    const waits = ({ messages }: { readonly messages: readonly string[] }) =>
      messages.some((message) => message.includes('rows were copied, on standby "replica"'));
    let [seen, ended] = [false, false];
    const run = up(server, deployment, program, {
      started: (plugin) => void until(() => ended || waits(plugin)).then(() => (seen = waits(plugin))),
    }).finally(() => (ended = true));
    await until(() => ended || seen);
    expect(seen).toBe(true);
    expect(await isPlain()).toBe(true);
    await query("update app.events set note = 'meanwhile' where id = 1");
    standby.report(await readNext());
    expect((await run).error).toBeUndefined();
    expect(await isPlain()).toBe(false);
    expect(await query("select note from app.events where id = 1")).toEqual([{ note: "meanwhile" }]);
  });
});

const REPORTED =
  "select from pg_stat_replication w left join pg_replication_slots s on s.active_pid = w.pid where coalesce(w.backend_xmin, s.xmin) is not null";

it("S11 more locks than the server can hold are refused by preview and update, with the numbers, before anything is made", async () => {
  await query("insert into app.events values (-1, '2019-01-05', 'long ago')");
  const before = await query("select relname from pg_class where relnamespace = 'app'::regnamespace order by 1");
  for (const run of [await preview(server, deployment, program), await up(server, deployment, program)])
    expect(run.error).toMatch(
      /the swap locks some 304 relations at once, 76 partitions with 1 indexes each, and the server can hold 260 locks in all\..*Raise max_locks_per_transaction/s,
    );
  expect(await query("select relname from pg_class where relnamespace = 'app'::regnamespace order by 1")).toEqual(
    before,
  );
  // With an interval that needs fewer, the server holds them.
  await query("delete from app.events where id = -1");
  expect((await up(server, deployment, program)).error).toBeUndefined();
});

const CHANGES = "update app.events set note = 'later' where id <= 100; delete from app.events where id = 200";

/** Both recover from the WAL; kill -9 leaves in addition what a backend had in shared memory. */
const ENDS = ["kill -9 of all its processes", ...(requestedScope() === "all" ? ["an immediate stop"] : [])];

describe.each(ENDS)("A10 the server ends with %s", (how) => {
  it.each([
    ["after a statement that copies", COPIED],
    ["with a transaction open that reconciles", "before the changes are committed"],
    ["while it compares", "after comparing a range"],
    ["just before the swap", "before the swap"],
    ["in the swap", "before commit convert app.events"],
    ["after the swap", "after commit convert app.events"],
  ])("%s: after its restart the next update goes on, and no row is lost or doubled", async (_, point) => {
    if (point === "before the changes are committed") {
      expect((await up(server, deployment, verifying)).error).toBeUndefined();
      await query(CHANGES);
    }
    let before = await rows();
    const stop = stopAt(point);
    const run = up(server, deployment, program, { env: stop.env });
    await stop.reached();
    // What is committed now is captured, or waits for the swap's lock.
    if (!/commit/.test(point)) {
      await query(CHANGES);
      before = await rows();
    }
    await (how === "an immediate stop" ? server.crash() : server.kill());
    await server.start();
    stop.goOn();
    await run;
    await session.end().catch(() => undefined);
    await connect();
    expect((await up(server, deployment, program)).error).toBeUndefined();
    expect(await isPlain()).toBe(false);
    expect(await rows()).toEqual(before);
    expect((await preview(server, deployment, program)).steps).toEqual([]);
  });
});
