import { beforeEach, describe, expect, it } from "vitest";
import { MANAGEMENT_VERSION } from "../../postgres/management/versions";
import type { Database } from "../../postgres/database";
import {
  describeManagementSchema,
  dropManagementSchema,
  ensureManagementSchema,
} from "../../postgres/management/install";
import { claimTable, listRegistered, releaseTable, setPaused } from "../../postgres/read/ownership";
import {
  assertDroppableStatement,
  registerTableStatement,
  unregisterTableStatement,
} from "../../postgres/registry/registry";
import { recordLedgerStatement } from "../../postgres/registry/ledger";
import { listMissingRights } from "../../postgres/read/rights";
import { administer, testVersions, withDatabase } from "../support/database";
import { failureOf, opener, options, recordingLog, statement } from "./support";

describe.each(testVersions())("the management schema on PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const open = opener(server);
  const name = 'mgmt "x"';
  const quiet = () => ({ signal: new AbortController().signal, log: recordingLog() });
  const ensure = (database: Database) => ensureManagementSchema(database, quiet());
  const open2 = () => open({ managementSchema: name });

  beforeEach(async () => {
    await server.query('drop schema if exists "mgmt ""x""" cascade');
    await server.query("drop table if exists t, events_p1");
  });

  it("is created once, by however many at a time, and adopted by the next", async () => {
    expect(await describeManagementSchema(open2())).toEqual({ kind: "absent" });
    const versions = await Promise.all([ensure(open2()), ensure(open2()), ensure(open2())]);
    expect(versions).toEqual([MANAGEMENT_VERSION, MANAGEMENT_VERSION, MANAGEMENT_VERSION]);
    expect(await describeManagementSchema(open2())).toEqual({ kind: "ours", version: MANAGEMENT_VERSION });
    expect(await ensure(open2())).toBe(MANAGEMENT_VERSION);
    const granted = await server.query(
      "select from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a where n.nspname = $1 and a.grantee = 0",
      [name],
    );
    expect(granted).toEqual([]);
  });

  it("looks for temporary objects last in every function of it", async () => {
    await ensure(open2());
    // A procedure that commits can have no settings of its own: ensure_window qualifies every name.
    const paths = await server.query<{ paths: string[] }>(
      "select coalesce(array_agg(distinct setting), '{}') as paths from pg_proc p, unnest(coalesce(p.proconfig, '{none}')) setting where p.pronamespace = $1::regnamespace and p.prokind = 'f' and (setting like 'search_path=%' or setting = 'none')",
      ['"mgmt ""x"""'],
    );
    expect(paths).toEqual([{ paths: ["search_path=pg_catalog, pg_temp"] }]);
  });

  it("fills an empty schema of that name", async () => {
    await server.query('create schema "mgmt ""x"""');
    expect(await ensure(open2())).toBe(MANAGEMENT_VERSION);
  });

  it("refuses an unmanaged schema, and leaves it as it is", async () => {
    await server.query('create schema "mgmt ""x"""');
    await server.query('create table "mgmt ""x""".version (version int)');
    expect((await describeManagementSchema(open2())).kind).toBe("foreign");
    const error = await failureOf(ensure(open2()));
    expect(error.message).toContain('schema "mgmt ""x""" exists and is not managed by pgpartition');
    const objects = await server.query(
      "select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1",
      [name],
    );
    expect(objects).toHaveLength(1);
  });

  it("uses a newer one as it is", async () => {
    await ensure(open2());
    await server.query('insert into "mgmt ""x""".version (version) values (99)');
    expect(await ensure(open2())).toBe(99);
  });

  it("keeps its ledger append-only", async () => {
    const database = open2();
    await ensure(database);
    await database.execute(
      [
        recordLedgerStatement(name, {
          schema: "public",
          table: "t",
          partition: "l",
          bounds: { from: undefined, to: undefined },
          event: "created",
          run: "r",
          detail: {},
        }),
      ],
      options(),
    );
    for (const change of ["update # set run = 'x'", "delete from #", "truncate #", "delete from # where false"]) {
      const error = await failureOf(server.query(change.replace("#", '"mgmt ""x""".ledger')));
      expect(error.message).toContain("only ever added to");
    }
  });

  it("refuses to go while tables of others are in it or tables of the ledger exist", async () => {
    const database = open2();
    await ensure(database);
    const table = { schema: "public", table: "t" };
    await server.query("create table events_p1 (id int)");
    await database.execute(
      [
        registerTableStatement(name, { ...table, owner: "shop/prod" }),
        recordLedgerStatement(name, {
          ...table,
          partition: "events_p1",
          bounds: { from: undefined, to: undefined },
          event: "created",
          run: "r",
          detail: {},
        }),
      ],
      options(),
    );
    const error = await failureOf(dropManagementSchema(database, { ...quiet(), stack: "shop/dev" }));
    expect(error.message).toContain('"public"."t" belongs to stack shop/prod');
    expect(error.message).toContain('"public"."events_p1" still exists');
    await server.query("drop table events_p1");
    await dropManagementSchema(database, { ...quiet(), stack: "shop/prod" });
    expect(await describeManagementSchema(database)).toEqual({ kind: "absent" });
    await dropManagementSchema(database, { ...quiet(), stack: "shop/prod" });
  });

  it("leaves the row of another stack alone until it is claimed", async () => {
    const database = open2();
    await ensure(database);
    const table = { schema: "public", table: "t" };
    const work = { ...quiet(), run: "r" };
    expect(await releaseTable(database, table, work)).toBe(false);
    await database.execute(
      [
        registerTableStatement(name, { ...table, owner: "a/dev" }),
        registerTableStatement(name, { ...table, owner: "b/dev" }),
      ],
      options(),
    );
    expect((await listRegistered(database))[0]).toMatchObject({
      ...table,
      owner: "a/dev",
      mode: "managed",
      paused: false,
      exists: false,
    });
    expect(await setPaused(database, { ...table, paused: true }, work)).toBe(true);
    expect(await releaseTable(database, table, work)).toBe(true);
    expect((await listRegistered(database))[0]).toMatchObject({ mode: "released", paused: true });
    expect(await claimTable(database, { ...table, owner: "b/dev" }, work)).toBe(true);
    expect((await listRegistered(database))[0]).toMatchObject({ owner: "b/dev", mode: "managed" });
    const { ledger } = await database.observe("public", "t");
    expect(ledger.map((entry) => [entry.event, entry.partition])).toEqual([
      ["released", "t"],
      ["claimed", "t"],
    ]);
    await database.execute([unregisterTableStatement(name, table)], options());
    expect(await listRegistered(database)).toEqual([]);
  });

  it("lets a table be dropped only as the one that was detached", async () => {
    const database = open2();
    await ensure(database);
    await server.query("create table events_p1 (id int)");
    const [row] = await server.query<{ oid: string }>("select 'events_p1'::regclass::oid::text as oid");
    const target = { schema: "public", name: "events_p1", oid: row?.oid ?? "" };
    const entry = {
      schema: "public",
      table: "t",
      partition: "events_p1",
      bounds: { from: undefined, to: undefined },
      run: "r",
      detail: {},
    };
    const check = () => failureOf(database.execute([assertDroppableStatement(name, target)], options()));
    expect((await check()).message).toContain("the ledger does not say");
    await database.execute([recordLedgerStatement(name, { ...entry, event: "detached" })], options());
    await database.execute([assertDroppableStatement(name, target)], options());
    await database.execute([recordLedgerStatement(name, { ...entry, event: "released" })], options());
    expect((await check()).message).toContain("last event: released");
    await server.query("drop table events_p1");
    await server.query("create table events_p1 (id int)");
    expect((await check()).message).toContain("is not the table that was detached");
  });

  it("reports to a role without rights what an administrator has to run", async () => {
    const role = `r"${version}`;
    const quoted = `"r""${version}"`;
    await administer(server, async (admin) => {
      await admin.query(`drop role if exists ${quoted}`);
      await admin.query(`create role ${quoted} login password 'limited'`);
    });
    await server.query("create table t (ts timestamptz not null) partition by range (ts)");
    await server.query("revoke create on schema public from public");
    try {
      const limited = open({ user: role, password: "limited", managementSchema: "absent" });
      const error = await failureOf(ensure(limited));
      expect(error.message).toContain(`CREATE SCHEMA "absent" AUTHORIZATION ${quoted}`);
      const { table } = await limited.observe("public", "t");
      expect(table && listMissingRights(table)).toEqual([
        `GRANT CREATE ON SCHEMA "public" TO ${quoted}`,
        `ALTER TABLE "public"."t" OWNER TO ${quoted} (or, where "${server.user}" should remain the owner and its rights may be shared: GRANT "${server.user}" TO ${quoted})`,
      ]);
      await ensure(open2());
      const denied = await failureOf(
        describeManagementSchema(open({ user: role, password: "limited", managementSchema: name })),
      );
      expect(denied.message).toContain('GRANT USAGE ON SCHEMA "mgmt ""x""" TO');
      await server.query(`alter table t owner to ${quoted}`);
      await server.query(`grant create on schema public to ${quoted}`);
      limited.invalidate();
      const again = (await limited.observe("public", "t")).table;
      expect(again && listMissingRights(again)).toEqual([]);
      await limited.execute([statement("drop table public.t")], options());
    } finally {
      await server.query("drop table if exists t");
      await server.query(`drop owned by ${quoted}`);
      await administer(server, (admin) => admin.query(`drop role ${quoted}`).catch(() => undefined));
    }
  });
});
