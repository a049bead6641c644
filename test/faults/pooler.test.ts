// A connection pooler between the product and the server. PGPARTITION_TEST_POOLER=session runs every other test through one.
import { describe, expect, it } from "vitest";
import { partitions } from "../provider/support";
import { throughTable, withTenants } from "../provider/row-policy-support";
import { onDatabase } from "../cli/support";
import { withDatabase } from "../support/database";
import type { Plugin } from "../support/harness/plugin";
import { stopAt, whenWaiting } from "../support/harness/stop-at";
import { Deployment } from "../support/harness/deployment";
import { configOf, left, program } from "../support/harness/fixture";
import { killMatrix, undisturbed } from "../support/harness/matrix";
import { withPooler } from "../support/harness/pooler";
import { named, preview, up, withPlugin } from "../support/harness/rounds";
import { attempts, CLOSED } from "../support/harness/tenants";
import { withFirstDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";

const database = withDatabase();
const deployment = withFirstDeployment(database);

const march = program("2025-03-10T00:00:00Z");
const april = program("2025-04-10T00:00:00Z");
const unindexed = program(march.asOf, { indexes: {} });

/** What an application expects of a session that it did not set anything in. */
const DEFAULTS = `select current_setting('search_path') as path, current_setting('statement_timeout') as statement,
  current_setting('lock_timeout') as lock, current_setting('TimeZone') as zone, current_setting('jit') as jit,
  (select count(*)::int from pg_prepared_statements) as prepared, pg_backend_pid() as pid`;
const untouched = { path: '"$user", public', statement: "0", lock: "0", zone: "UTC", jit: "off", prepared: 0 };

describe("in session mode", () => {
  const pooler = withPooler(database, "session");

  it("B13 a table is created, indexed, rolled and found unchanged; the server's sessions come back as they were", async () => {
    const sent = await statementsDuring(database, async () => {
      for (const declared of [unindexed, march, april]) {
        const run = await up(pooler, deployment, declared);
        expect(run.error).toBeUndefined();
      }
    });
    expect(await partitions(database)).toEqual(["events_p2025_03", "events_p2025_04", "events_p2025_05"]);
    for (const way of [/CREATE INDEX CONCURRENTLY/, /DETACH PARTITION .* CONCURRENTLY/])
      expect(sent.filter(({ sql }) => way.test(sql))).not.toEqual([]);
    const { result } = await withPlugin(pooler, april, async (plugin) => [
      await deployment.preview(plugin, april),
      await deployment.refresh(plugin),
      await deployment.preview(plugin, april),
    ]);
    expect(result).toEqual([[], [], []]);
    expect((await left(database)).orphans).toEqual([]);
    const client = await pooler.connect();
    expect((await client.query(DEFAULTS)).rows).toMatchObject([untouched]);
    await client.end();
  });

  it("B13 killed in a detach, an index build and a transaction: the lock goes with the client, and the next up ends as undisturbed", async () => {
    const indexed = program(april.asOf, { indexes: { by_id: { columns: ["id"] } } });
    const config = configOf(pooler);
    const scenario = { database, config, before: [{ program: unindexed }], program: indexed, watched: true };
    const wanted = await undisturbed(scenario);
    const chosen = [
      /^after .*DETACH PARTITION .* CONCURRENTLY/,
      /^after CREATE INDEX CONCURRENTLY/,
      /^after create .* #1$/,
    ];
    const names = chosen.map((wish) => wanted.points.find((point) => wish.test(point)));
    expect(names).not.toContain(undefined);
    const { points, problems } = await killMatrix(scenario, wanted, (point) => names.includes(point), { ownWay: true });
    expect(problems).toEqual([]);
    expect(points).toBeGreaterThanOrEqual(3);
  }, 120_000);

  it("B13 two updates of one table: the second waits for the lock of the first, and nothing is created twice", async () => {
    expect((await up(pooler, deployment, march)).error).toBeUndefined();
    const other = new Deployment();
    for (const [urn, entry] of deployment.state) other.state.set(urn, entry);
    const stop = stopAt("before begin create partition app.events_p2025_05");
    const slow = up(pooler, deployment, april, { env: stop.env });
    await stop.reached();
    const started = (plugin: Plugin): void => void whenWaiting(plugin).then(stop.goOn);
    const runs = [await up(pooler, other, april, { started }), await slow];
    expect(runs.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(runs[0]?.messages.join("\n")).toContain('waiting for the lock of table "app"."events"');
    expect((await left(database)).dump.match(/^ledger app.events events_p2025_05 .* created$/gm)).toHaveLength(1);
    expect((await preview(pooler, other, april)).steps).toEqual([]);
  });
});

describe("in session mode, with row security", () => {
  const t = withTenants();
  const pooler = withPooler(t.database, "session");

  it("B13 H08 policies hold through the table, partitions are closed, and a partition that a hand opened is closed", async () => {
    expect((await up(pooler, t.deployment, t.declared())).error).toBeUndefined();
    await t.fill();
    await t.expectTenants();
    await t.database.query(`alter table app.events_p2025_03 disable row level security;
      grant select on app.events_p2025_03 to ${t.roles.app}`);
    expect(named((await up(pooler, t.deployment, t.declared())).steps)).toEqual(["update events-window"]);
    expect(await attempts(await t.tenant("b"), "app", "events_p2025_03", "2025-03-07")).toEqual(CLOSED);
    expect(await attempts(await t.tenant("b"), "app", "events", "2025-03-07")).toEqual(throughTable(3));
    expect((await preview(pooler, t.deployment, t.declared())).steps).toEqual([]);
  });
});

describe.each([
  ["transaction", {}],
  ["statement", {}],
  ["transaction", { server_round_robin: "1" }],
] as const)("in %s mode %o", (mode, settings) => {
  const pooler = withPooler(database, mode, settings);

  it("B13 refused in preview, up and on the command line, with the ways on; no session of the application is touched", async () => {
    // Two idle servers, which a pool that takes them in turn would give to our two sessions again and again.
    const clients = [await pooler.connect(), await pooler.connect()];
    await Promise.all(clients.map((client) => client.query("select pg_sleep(0.3)")));
    for (const run of [await preview(pooler, deployment, march), await up(pooler, deployment, march)]) {
      expect(run.error).toContain("a connection pooler in transaction or statement mode");
      expect(run.error).toContain("Connect to the server itself, usually port 5432, or to a pool in session mode");
    }
    const cli = await onDatabase(pooler, "status");
    expect(cli.code).not.toBe(0);
    expect(cli.stderr).toContain("a connection pooler in transaction or statement mode");
    expect(await database.query("select from pg_namespace where nspname = 'pgpartition'")).toEqual([]);
    for (const client of [...clients, ...clients, ...clients])
      expect((await client.query(DEFAULTS)).rows).toMatchObject([untouched]);
    await Promise.all(clients.map((client) => client.end()));
  });
});

describe("in session mode, set up so that it does not work", () => {
  const small = withPooler(database, "session", { default_pool_size: "1" });
  const strict = withPooler(database, "session");

  it("B13 a pool without a server for each of our sessions is named, instead of a wait without end", async () => {
    const run = await up(small, deployment, march, { env: { PGCONNECT_TIMEOUT: "2" } });
    expect(run.error).toContain(`127.0.0.1:${String(small.port)}`);
    expect(run.error).toContain("accepted a connection and gave no answer in 2 s");
    expect(run.error).toContain("default_pool_size");
    expect(await database.query("select from pg_namespace where nspname = 'pgpartition'")).toEqual([]);
  });

  it("B13 PGOPTIONS, which the pooler does not let through, is named with both fixes", async () => {
    const run = await up(strict, deployment, march, { env: { PGOPTIONS: "-c work_mem=8MB" } });
    expect(run.error).toContain("unsupported startup parameter: options");
    expect(run.error).toContain("unset PGOPTIONS");
    expect(run.error).toContain("ignore_startup_parameters");
  });

  it("B13 a wrong password, role or database behind a pooler is named as such", async () => {
    const wrong = async (change: (url: string) => string) =>
      (await up({ url: change(strict.url) }, deployment, march, { env: { PGCONNECT_TIMEOUT: "2" } })).error;
    expect(await wrong((url) => url.replace(/:[^:@]*@/, ":wrong@"))).toContain("Check the user and its password");
    expect(await wrong((url) => url.replace(/\/\/[^:]*:/, "//nobody_here:"))).toContain("Check the user");
    const database = await wrong((url) => url.replace(/[^/]*$/, "nowhere"));
    expect(database).toMatch(/Create the database first|A connection pooler is silent as well while .* the database/);
  });
});

// Apart, because its sessions keep the names of their users until the pooler is gone.
describe("in session mode, without a reset", () => {
  const dirty = withPooler(database, "session", { server_reset_query: "" });

  it("B13 sessions that are handed on as others left them are refused, with the setting", async () => {
    const client = await dirty.connect();
    await client.query({ name: "of somebody", text: "select $1::int", values: [1] });
    await client.end();
    const run = await up(dirty, deployment, march);
    expect(run.error).toContain("reuses sessions as others left them");
    expect(run.error).toContain("server_reset_query = DISCARD ALL");
  });
});
