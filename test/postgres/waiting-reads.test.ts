import { afterEach, describe, expect, it } from "vitest";
import type { Client } from "pg";
import { NO_LEVELS } from "../../core/levels/levels";
import type { PolicySpec } from "../../core/declare/table/security";
import type { Database } from "../../postgres/database";
import { Cancelled, LockBudgetExceeded } from "../../postgres/connect/session-errors";
import { readLastBackup } from "../../postgres/read/last-backup";
import { readLevelValues } from "../../postgres/read/level-values";
import { ensureManagementSchema } from "../../postgres/management/install";
import { readReferring } from "../../postgres/read/referring";
import { registerTableStatement } from "../../postgres/registry/registry";
import { ownRole, testVersions, withDatabase } from "../support/database";
import { eventually, failureOf, opener, options } from "./support";
import { casesOn, firstOn } from "../support/sample";

const SOURCE = { schema: "public", table: "tenants", column: "name", where: undefined, parent: undefined };
const LEVELS = {
  ...NO_LEVELS,
  above: [{ kind: "list", column: "tenant", values: SOURCE, name: "", slug: false, cleanupAfter: undefined }],
} as const;

describe.each(testVersions())("a reading behind a lock of another session, PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const open = opener(server);

  let held: Client | undefined;
  // One that failed must not stand in the way of the next.
  afterEach(async () => held && (await release(held)));

  /** Each with what is locked, and a reading that has to look into it. */
  const readings: readonly (readonly [string, string, (database: Database) => Promise<unknown>])[] = [
    ["the table", "public.w", (database) => database.observe("public", "w")],
    ["one partition", "public.w1", (database) => database.observe("public", "w")],
    ["the default partition", "public.w_rest", (database) => database.observe("public", "w")],
    ["the registry", "pgpartition.registry", (database) => database.observe("public", "w")],
    ["the ledger", "pgpartition.ledger", (database) => database.observe("public", "w")],
    ["a table of values", "public.tenants", (database) => readLevelValues(database, LEVELS)],
    ["a table that refers to it", "public.refers", async (database) => readReferring(database, [await oidOf("w1")])],
    ["a table of the query for backups", "public.backups", backup],
    [
      "a table that a long reading counts",
      "public.w1",
      (database) => database.readLong("select count(*) from public.w1", []),
    ],
    [
      "the table whose checks are printed",
      "public.w",
      (database) => database.printExpressions({ schema: "public", table: "w" }, []),
    ],
    ["a table that a policy asks", "public.tenants", printPolicy],
  ];

  it.each(casesOn(version, readings))(
    "of %s: it waits in short tries, and continues when the lock is let go",
    async (_, locked, read) => {
      await prepare();
      const database = open({ lockBudgetMs: 60_000 });
      await database.connect();
      const free = await read(database);
      database.invalidate();
      const holder = await hold(locked);
      const reading = read(database);
      reading.catch(() => undefined);
      // Two tries, so that it has given way to others in between.
      const seen = new Set<string>();
      await eventually(async () => {
        for (const { began } of await waiting(holder)) seen.add(began);
        return seen.size > 1;
      }, 20_000);
      await release(holder);
      const found = await reading;
      expect(shapeOf(found)).toEqual(shapeOf(free));
    },
  );

  // Of a default partition that stays locked the rows are estimated, as sizes are.
  it.each(
    firstOn(
      version,
      readings.filter(([, locked]) => locked !== "public.w_rest"),
    ),
  )("of %s: when the budget is spent, the session in the way is named", async (_, locked, read) => {
    await prepare();
    const database = open({ lockBudgetMs: 400 });
    await database.connect();
    const holder = await hold(locked);
    const { pid } = holder;
    const said = await read(database).then(answerOf, (error: unknown) => error);
    await release(holder);
    if (locked === "public.refers") {
      // One table of others must not keep everything: its partition stays, as where they cannot be counted in time.
      expect(said).toMatchObject([[{ table: "public.refers", key: "refers_fk", rows: undefined }]]);
      return;
    }
    const text = said instanceof Error ? said.message : JSON.stringify(said);
    expect(text).toContain(`pid ${String(pid)} (`);
    expect(text).toContain("rewriting");
    expect(text).toContain(`no lock of ${locked} in `);
    expect(text).toContain("End that session or let it finish, then run the update again");
    if (locked !== "public.backups") expect(said).toBeInstanceOf(LockBudgetExceeded);
  });

  it("an index that is being rewritten costs the exact size of its partition, and nothing else", async () => {
    await prepare();
    const database = open({ lockBudgetMs: 60_000 });
    const client = await server.connect({ application_name: "rewriting", ...ownRole(server) });
    await client.query("begin");
    // REINDEX holds ACCESS EXCLUSIVE on the index, and lets the table be read.
    await client.query("reindex index public.w1_pkey");
    const { table } = await database.observe("public", "w");
    await client.query("rollback");
    await client.end();
    expect(table?.partitions.map((partition) => partition.name)).toEqual(["w1", "w_rest"]);
  });

  it("waits for no session that only writes, or vacuums", async () => {
    await prepare();
    const database = open({ lockBudgetMs: 60_000 });
    await database.connect();
    const holder = await hold("public.w1", "share update exclusive");
    const { table } = await database.observe("public", "w");
    await server.query("insert into public.w values (7, '2025-01-05Z', 'x')");
    await release(holder);
    expect(table?.name).toBe("w");
  });

  it("is ended by a cancel while it waits", async () => {
    await prepare();
    const database = open({ lockBudgetMs: 60_000 });
    await database.connect();
    const holder = await hold("public.w");
    const reading = failureOf(database.observe("public", "w"));
    await eventually(async () => (await waiting(holder)).length > 0, 20_000);
    await database.cancelAll();
    const error = await reading;
    await release(holder);
    expect(error instanceof Cancelled || /57014/.test(error.message)).toBe(true);
  });

  async function prepare(): Promise<void> {
    await server.query(`
      drop table if exists public.w, public.refers, public.tenants, public.backups cascade;
      drop schema if exists pgpartition cascade;
      create table public.tenants (name text not null);
      insert into public.tenants values ('a'), ('b');
      create table public.backups (at timestamptz);
      insert into public.backups values ('2025-01-01Z');
      create table public.w (id bigint default 7, at timestamptz not null, tenant text, primary key (id, at), check (id > 0)) partition by range (at);
      create table public.w1 partition of public.w for values from ('2025-01-01Z') to ('2025-02-01Z');
      create table public.w_rest partition of public.w default;
      insert into public.w values (1, '2030-01-01Z', 'a');
      create policy own on public.w using (tenant = current_user);
      create policy own on public.w1 using (tenant = current_user);
      create table public.refers (id bigint, at timestamptz, constraint refers_fk foreign key (id, at) references public.w)`);
    const database = open();
    await ensureManagementSchema(database, options());
    await database.execute(
      [registerTableStatement("pgpartition", { schema: "public", table: "w", owner: "p/s" })],
      options(),
    );
    await database.close();
  }

  async function hold(table: string, mode = "access exclusive"): Promise<Client & { readonly pid: number }> {
    const client = await server.connect({ application_name: "rewriting", ...ownRole(server) });
    const [row] = (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows;
    await client.query("begin");
    await client.query(`lock table only ${table} in ${mode} mode`);
    held = client;
    return Object.assign(client, { pid: row?.pid ?? 0 });
  }

  async function release(holder: Client): Promise<void> {
    held = undefined;
    await holder.query("rollback");
    await holder.end();
  }

  /** Our sessions that wait for this one. */
  function waiting(holder: { readonly pid: number }): Promise<{ began: string }[]> {
    return server.query<{ began: string }>(
      "select query_start::text as began from pg_stat_activity where application_name = 'pgpartition-test' and wait_event_type = 'Lock' and $1 = any(pg_blocking_pids(pid))",
      [holder.pid],
    );
  }

  async function oidOf(table: string): Promise<string> {
    const [row] = await server.query<{ oid: string }>("select $1::regclass::oid::text as oid", [`public.${table}`]);
    return row?.oid ?? "";
  }
});

async function backup(database: Database): Promise<unknown> {
  const fact = await readLastBackup(database, "select at from public.backups");
  return fact.failed ?? fact.at?.toString();
}

async function printPolicy(database: Database): Promise<unknown> {
  const policy: PolicySpec = {
    name: "asks",
    command: "select",
    roles: ["public"],
    restrictive: false,
    using: "exists (select from public.tenants t where t.name = tenant)",
    withCheck: undefined,
  };
  const request = { schema: "public", table: "w", policies: [policy] };
  const { printed, refused } = await database.printPolicies(request);
  return [[...printed.keys()], refused];
}

/** Sizes and the clock may differ; which facts there are may not. */
function shapeOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("table" in value)) return value;
  return JSON.parse(
    JSON.stringify({ ...value, now: undefined }, (key, inner: unknown) => (key === "bytes" ? undefined : inner)),
  );
}

function answerOf(value: unknown): unknown {
  return value instanceof Map ? [...value.values()] : value;
}
