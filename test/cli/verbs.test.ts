import { beforeEach, expect, it } from "vitest";
import { query } from "../../postgres/queries";
import { withDatabase } from "../support/database";
import { eventsTable } from "../support/harness/fixture";
import { up } from "../support/harness/rounds";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";
import { onDatabase, pgpartition } from "./support";

const database = withDatabase();
const deployment = withDeployment(database);

const program = {
  tables: { events: eventsTable(), odd: eventsTable({ table: 'o.d"d' }) },
  asOf: "2025-03-10T00:00:00Z",
};

beforeEach(async () => {
  expect((await up(database, deployment, program)).error).toBeUndefined();
});

const cli = (...args: string[]) => onDatabase(database, ...args);
const registry = async () =>
  database.query("select table_name, owner, mode, paused from pgpartition.registry where table_name = 'events'");
const events = async () =>
  (
    await database.query<{ event: string }>(
      "select event from pgpartition.ledger where partition_name = 'events' order by id",
    )
  ).map(({ event }) => event);

it("status lists each table with owner, partitions, size and runway on one line, and exits with 0", async () => {
  const { code, stdout, stderr } = await cli("status");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout.trimEnd().split("\n")).toEqual([
    expect.stringMatching(/^app\.events {2}faults\/test {2}3 partitions, \S+ kB, until 2025-05-01T00:00:00Z$/),
    expect.stringMatching(/^app\.o%2Ed"d {2}faults\/test {2}3 partitions, /),
  ]);
});

it("status shows what is paused, released, detached or gone", async () => {
  await cli("pause", "app.events");
  await database.query("alter table app.events detach partition app.events_p2025_02");
  expect((await cli("status")).stdout).toMatch(/^app\.events {2}faults\/test, paused {2}2 partitions, 1 detached/m);
  await cli("release", "app.events");
  expect((await cli("status")).stdout).toMatch(/^app\.events {2}released, paused/m);
  await database.query("drop table app.events");
  expect((await cli("status")).stdout).toMatch(/^app\.events .*\(does not exist\)$/m);
});

it("status of a database without the management schema reports that and is no error", async () => {
  await database.query("drop schema pgpartition cascade");
  expect(await cli("status")).toEqual({ code: 0, stdout: 'no table is registered in "pgpartition"\n', stderr: "" });
});

it("pause and resume change the registry and nothing else", async () => {
  expect(await cli("pause", "app.events")).toEqual({
    code: 0,
    stdout: "app.events: retirement is paused\n",
    stderr: "",
  });
  expect(await registry()).toEqual([{ table_name: "events", owner: "faults/test", mode: "managed", paused: true }]);
  expect((await cli("resume", "app.events")).stdout).toBe("app.events: retirement continues with the next update\n");
  expect(await registry()).toEqual([{ table_name: "events", owner: "faults/test", mode: "managed", paused: false }]);
});

it("release and claim write registry and ledger, and say what comes next", async () => {
  const released = await cli("release", "app.events");
  expect([released.code, released.stdout]).toEqual([
    0,
    "released app.events; remove it from the program and run pulumi up, which only forgets it\n",
  ]);
  expect(await registry()).toMatchObject([{ mode: "released" }]);
  const claimed = await cli("claim", "app.events", "--stack", "shop/prod");
  expect([claimed.code, claimed.stdout]).toEqual([
    0,
    "app.events is managed by shop/prod now; the next pulumi up of that stack adopts it as it is\n",
  ]);
  expect(await registry()).toMatchObject([{ mode: "managed", owner: "shop/prod" }]);
  expect(await events()).toEqual(["released", "claimed"]);
});

it("a name with a dot and a quote is written with %2E", async () => {
  expect((await cli("pause", 'app.o%2Ed"d')).code).toBe(0);
  expect(await database.query("select paused from pgpartition.registry where table_name = 'o.d\"d'")).toEqual([
    { paused: true },
  ]);
});

it("waits for a running update of the same table instead of changing its registry under it", async () => {
  const holder = await database.connect({ application_name: "running update" });
  await holder.query(query("locks/table-lock-take"), ["app", "events"]);
  let ended = false;
  const verb = cli("pause", "app.events").finally(() => (ended = true));
  // It has asked who holds the lock: that is all it does until it gets it.
  const asked = "select from pg_stat_activity where pid <> pg_backend_pid() and left(query, 200) = left($1, 200)";
  await until(async () => (await database.query(asked, [query("locks/table-lock-holder")])).length > 0);
  expect(ended).toBe(false);
  expect(await registry()).toMatchObject([{ paused: false }]);
  await holder.end();
  expect((await verb).code).toBe(0);
  expect(await registry()).toMatchObject([{ paused: true }]);
});

it("takes the connection from DATABASE_URL, the PG* variables, or --url, and the schema from --management-schema", async () => {
  const { host, port, user, password, database: name } = database;
  const env = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: name };
  expect((await pgpartition(["status"], { env })).stdout).toContain("app.events");
  expect((await pgpartition(["--url", database.url, "status"])).stdout).toContain("app.events");
  const other = await cli("--management-schema", "elsewhere", "status");
  expect(other).toEqual({ code: 0, stdout: 'no table is registered in "elsewhere"\n', stderr: "" });
});
