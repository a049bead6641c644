import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { account } from "../../tools/postgres/account";
import { temporaryFolder } from "../../tools/postgres/cluster";
import { administer, type TestDatabase, testVersions, withDatabase } from "../support/database";
import { Deployment } from "../support/harness/deployment";
import { program, reset } from "../support/harness/fixture";
import { makeSources, petriProgram } from "../support/harness/petri";
import { endPlugins } from "../support/harness/plugin";
import { preview, up } from "../support/harness/rounds";
import { statementsDuring } from "../support/statement-log";
import { ddlOf, partitions } from "./support";
import { closeAll } from "./wire-support";

afterEach(endPlugins);
afterAll(closeAll);

/** Nothing of what a partition carries is declared, nor are the columns. */
const bare = (changes: Partial<TableSpecArgs> = {}): Partial<TableSpecArgs> => ({ indexes: {}, ...changes });
const march = (changes: Partial<TableSpecArgs> = {}) => program("2025-03-10T00:00:00Z", bare(changes));
const april = (changes: Partial<TableSpecArgs> = {}) =>
  program("2025-04-10T00:00:00Z", bare({ ...changes, paused: true }));
const months = ["2025_02", "2025_03", "2025_04"];
const bounds = (month: string) =>
  `for values from ('${month.replace("_", "-")}-01 00:00+00') to (timestamptz '${month.replace("_", "-")}-01 00:00+00' + interval '1 month')`;

/** What one partition carries, in the words of the catalogue and without a name that is its own. */
async function catalogue(database: TestDatabase, name: string): Promise<unknown> {
  const [row] = await database.query<{ row: unknown }>(
    `select json_build_object(
       'schema', n.nspname, 'owner', c.relowner::regrole, 'persistence', c.relpersistence, 'replica', c.relreplident,
       'identity', (select pg_partition_root(x.indexrelid)::regclass from pg_index x where x.indrelid = c.oid and x.indisreplident),
       'clustered', (select pg_partition_root(x.indexrelid)::regclass from pg_index x where x.indrelid = c.oid and x.indisclustered),
       'security', c.relrowsecurity, 'forced', c.relforcerowsecurity,
       'policies', (select json_agg(json_build_array(p.policyname, p.permissive, p.roles, p.cmd, replace(p.qual, c.relname, 'X'), replace(p.with_check, c.relname, 'X')) order by p.policyname)
         from pg_policies p where p.schemaname = n.nspname and p.tablename = c.relname),
       'grants', (select json_agg(json_build_array(a.grantee::regrole, a.privilege_type, a.is_grantable) order by a.grantee, a.privilege_type)
         from aclexplode(c.relacl) a where a.grantee <> c.relowner),
       'columns', (select json_agg(json_build_array(a.attname, nullif(a.attstattarget, -1), a.attstorage, a.attcompression, a.attoptions,
           (select json_agg(json_build_array(g.grantee::regrole, g.privilege_type, g.is_grantable) order by g.privilege_type) from aclexplode(a.attacl) g)) order by a.attname)
         from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
       'options', (select json_agg(o order by o) from unnest(c.reloptions) o),
       'toast', (select json_agg(o order by o) from pg_class t, unnest(t.reloptions) o where t.oid = c.reltoastrelid),
       'tablespace', (select s.spcname from pg_tablespace s where s.oid = c.reltablespace),
       'method', (select m.amname from pg_am m where m.oid = c.relam),
       'statistics', (select json_agg(json_build_array(s.stxkind, pg_get_statisticsobjdef_columns(s.oid)) order by 1) from pg_statistic_ext s where s.stxrelid = c.oid),
       'triggers', (select json_agg(json_build_array(t.tgname, t.tgenabled, replace(pg_get_triggerdef(t.oid), c.relname, 'X')) order by t.tgname)
         from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal),
       'comment', obj_description(c.oid, 'pg_class')
     ) as row
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relname = $1 and c.relkind = 'r'`,
    [name],
  );
  return row?.row;
}

describe.each(testVersions())("PostgreSQL %s, what is not declared", (version) => {
  const database = withDatabase(version);
  const of = (what: string) => `${what}_${String(version)}_${String(process.pid)}`;
  const [app, reader, other] = [of("app"), of("reader"), of("other")];
  let deployment: Deployment;

  beforeAll(() =>
    administer(database, (admin) =>
      admin.query(
        `create role ${app}; create role ${reader}; create role ${other}; grant ${other} to ${database.user}`,
      ),
    ),
  );
  beforeEach(async () => {
    await reset(database);
    await database.query(`drop schema if exists parts cascade; create schema parts;
      grant usage, create on schema app, parts to ${other}; grant usage on schema app to ${app}, ${reader}`);
    deployment = new Deployment();
  });
  afterAll(async () => {
    await database.query("drop schema if exists app cascade; drop schema if exists parts cascade");
    for (const role of [app, reader, other]) await database.query(`drop owned by ${role} cascade`);
    await administer(database, (admin) => admin.query(`drop role ${app}; drop role ${reader}; drop role ${other}`));
  });

  /** A table that another tool made, with three months of partitions. */
  const byHand = async (
    each: (partition: string) => string,
    table = "",
    schema = "app",
    stored = "",
  ): Promise<void> => {
    await database.query(`create table app.events (id bigint not null, at timestamptz not null, note text) partition by range (at);
      ${months.map((month) => `create table ${schema}.events_p${month} partition of app.events ${bounds(month)} ${stored}`).join(";\n")};
      ${table}`);
    for (const month of months) await database.query(each(`${schema}.events_p${month}`));
    await database.query("insert into app.events select n, '2025-03-05', 'x' from generate_series(1, 10) n");
  };

  /** Adopts, and looks whether one statement changed a partition that is there. */
  const adopts = async (changes: Partial<TableSpecArgs> = {}): Promise<void> => {
    const { columns: _columns, primaryKey: _key, ...events } = march(changes).tables["events"] as TableSpecArgs;
    const wanted = { ...march(changes), tables: { events } };
    let run: Awaited<ReturnType<typeof up>> | undefined;
    const sent = await statementsDuring(database, async () => (run = await up(database, deployment, wanted)));
    expect(run?.error).toBeUndefined();
    expect(ddlOf(sent)).toEqual([]);
    expect((await preview(database, deployment, wanted)).steps).toEqual([]);
  };

  /** The next month by an update; the one after by what the database was given for it. */
  const rolls = async (changes: Partial<TableSpecArgs> = {}): Promise<string[]> => {
    const { columns: _columns, primaryKey: _key, ...events } = april(changes).tables["events"] as TableSpecArgs;
    const wanted = { ...april(changes), tables: { events } };
    const shown = await preview(database, deployment, wanted);
    expect((await up(database, deployment, wanted)).error).toBeUndefined();
    expect((await preview(database, deployment, wanted)).steps).toEqual([]);
    await database.query("select pgpartition.ensure_partition('app.events'::regclass, '2025-06-07'::timestamptz)");
    expect((await partitions(database)).filter((name) => name !== "events_default")).toEqual(
      [...months, "2025_05", "2025_06"].map((month) => `events_p${month}`),
    );
    // The CHECK of a default partition follows what the schedule has made in the next update.
    if (!changes.defaultPartition) expect((await preview(database, deployment, wanted)).steps).toEqual([]);
    return [...shown.messages];
  };

  const equalToSiblings = async (): Promise<void> => {
    const sibling = await catalogue(database, "events_p2025_04");
    expect(sibling).toBeDefined();
    expect(await catalogue(database, "events_p2025_05")).toEqual(sibling);
    expect(await catalogue(database, "events_p2025_06")).toEqual(sibling);
  };

  it.each([
    ["FULL", "replica identity full", "", ""],
    [
      "USING INDEX of the table",
      "replica identity using index ",
      "one",
      "create unique index one on app.events (id, at);",
    ],
    [
      "USING INDEX of the primary key",
      "replica identity using index ",
      "pkey",
      "alter table app.events add primary key (id, at);",
    ],
  ])(
    "partitions with replica identity %s under a parent with the default one keep it, and a published table is still changed",
    async (_, words, index, table) => {
      await byHand(
        (partition) =>
          index === ""
            ? `alter table ${partition} ${words}`
            : `do $$ begin execute format('alter table ${partition} ${words}%I',
        (select c.relname from pg_index x join pg_class c on c.oid = x.indexrelid where x.indrelid = '${partition}'::regclass and x.indisunique)); end $$`,
        `${table} create publication cdc for table app.events;`,
      );
      const changed = { publications: ["cdc"] };
      const { columns: _columns, primaryKey: _key, ...events } = march(changed).tables["events"] as TableSpecArgs;
      const shown = await preview(database, deployment, { ...march(changed), tables: { events } });
      expect(shown.messages.join("\n")).not.toContain("refuses every UPDATE");
      expect(shown.messages.join("\n")).not.toContain("REPLICA IDENTITY");
      await adopts(changed);
      expect(await database.query("update app.events set note = 'y' returning 1")).toHaveLength(10);
      await rolls(changed);
      await equalToSiblings();
      await database.query("insert into app.events values (1, '2025-05-05', 'x'), (1, '2025-06-05', 'x')");
      expect(await database.query("update app.events set note = 'z' returning 1")).toHaveLength(12);
    },
  );

  it("a partition whose identity nothing gives is named before the update, and by its name alone", async () => {
    await byHand(
      (partition) =>
        partition.endsWith("04")
          ? `alter table ${partition} replica identity nothing`
          : `alter table ${partition} replica identity full`,
      "create publication cdc for table app.events;",
    );
    const {
      columns: _columns,
      primaryKey: _key,
      ...events
    } = march({ publications: ["cdc"] }).tables["events"] as TableSpecArgs;
    const shown = await preview(database, deployment, { ...march(), tables: { events } });
    expect(shown.messages.join("\n")).toContain('nothing identifies a row of "events_p2025_04"');
    expect(shown.messages.join("\n")).toContain(
      'partitions differ in replica identity, which is not declared: full on "events_p2025_02", "events_p2025_03"; nothing on "events_p2025_04"',
    );
    await adopts({ publications: ["cdc"] });
    expect(await database.query("update app.events set note = 'y' where at < '2025-04-01' returning 1")).toHaveLength(
      10,
    );
  });

  it("a partition with a primary key of its own is created again with an identity that lets its rows be changed", async () => {
    await byHand(
      (partition) => `alter table ${partition} add primary key (id, at)`,
      "create publication cdc for table app.events;",
    );
    await adopts();
    const messages = await rolls();
    expect(messages.join("\n")).toContain('a new partition gets replica identity "full"');
    await database.query("insert into app.events values (1, '2025-05-05', 'x'), (1, '2025-06-05', 'x')");
    expect(await database.query("update app.events set note = 'z' returning 1")).toHaveLength(12);
  });

  it.each([
    [
      "the table has it and no partition has",
      (_: string) => "select",
      "alter table app.events enable row level security, force row level security; create policy p on app.events using (true);",
    ],
    [
      "partitions have it, forced and with policies, and the table has not",
      (partition: string) => `alter table ${partition} enable row level security, force row level security;
        create policy own on ${partition} as restrictive for select to ${reader} using (note = current_user or id in (select s.id from app.seen s where s.id = ${partition.replace("app.", "")}.id));
        create policy every on ${partition} with check (id > 0); grant select on ${partition} to ${reader}`,
      "create table app.seen (id bigint);",
    ],
    [
      "partitions have policies that are switched off",
      (partition: string) => `create policy own on ${partition} to ${app} using (true)`,
      "",
    ],
  ])(
    "row security: %s: existing partitions remain as they are, and a new one is as its siblings",
    async (_, each, table) => {
      await byHand(each, table);
      await adopts();
      await rolls();
      await equalToSiblings();
    },
  );

  it("privileges of partitions, also on columns and with the right to grant on, are those of new ones, whatever the default privileges by then", async () => {
    await byHand(
      (partition) =>
        `grant select, insert on ${partition} to ${app}; grant update (note, id) on ${partition} to ${app}; grant references (id), select on ${partition} to ${reader} with grant option; grant select on ${partition} to public`,
    );
    await adopts();
    await database.query(
      `alter default privileges for role ${database.user} in schema app grant all on tables to ${reader}`,
    );
    await rolls();
    await equalToSiblings();
    await database.query(
      `alter default privileges for role ${database.user} in schema app revoke all on tables from ${reader}`,
    );
  });

  it("partitions that default privileges opened are created by them again, without a note", async () => {
    await database.query(
      `alter default privileges for role ${database.user} in schema app grant select, insert on tables to ${reader}`,
    );
    await byHand(() => "select");
    await adopts();
    const sent = await statementsDuring(database, () => rolls());
    await equalToSiblings();
    expect(ddlOf(sent).filter((sql) => /grant|revoke/i.test(sql))).toEqual([]);
    await database.query(
      `alter default privileges for role ${database.user} in schema app revoke all on tables from ${reader}`,
    );
  });

  it("storage of every kind, statistics, triggers, clustering, comment and owner are those of the siblings", async () => {
    await byHand(
      (partition) =>
        `
        alter table ${partition} set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_enabled = false);
        alter table ${partition} alter column note set storage external, alter column note set compression pglz, alter column id set (n_distinct = -0.5), alter column note set statistics 321;
        create statistics ${partition}_s on id, note from ${partition};
        create trigger touched before insert or update of note on ${partition} for each row when (new.note is not null) execute function app.touch('a');
        create trigger told after truncate on ${partition} execute function app.touch();
        alter table ${partition} enable always trigger told, disable trigger touched;
        do $$ begin execute format('alter table ${partition} cluster on %I', (select c.relname from pg_index x join pg_class c on c.oid = x.indexrelid where x.indrelid = '${partition}'::regclass)); end $$;
        comment on table ${partition} is '@omit it''s';
        alter table ${partition} set unlogged;
        alter table ${partition} owner to ${other}`,
      `create index by_at on app.events (at);
       create function app.touch() returns trigger language plpgsql as $$ begin return new; end $$;
       grant execute on function app.touch() to public;`,
    );
    await adopts();
    await rolls();
    await equalToSiblings();
  });

  it("tablespace and access method are those of the siblings, where the table names none", async () => {
    const folder = temporaryFolder(account());
    const tablespace = of("fast");
    await administer(database, async (admin) => {
      await admin.query(`create tablespace ${tablespace} location '${folder}'`);
      await admin.query(`grant create on tablespace ${tablespace} to ${database.user}`);
    });
    await database.query("create access method heap2 type table handler heap_tableam_handler");
    await byHand(() => "select", "", "app", `using heap2 tablespace ${tablespace}`);
    await adopts();
    await rolls();
    await equalToSiblings();
    await database.query("drop schema app cascade; drop access method heap2");
    await administer(database, (admin) => admin.query(`drop tablespace ${tablespace}`));
    rmSync(folder, { recursive: true, force: true });
  });

  it("what the siblings have and is gone by then keeps the schedule from nothing: the partition is created without it", async () => {
    await byHand(
      (partition) =>
        `create trigger told after truncate on ${partition} execute function app.touch(); grant select on ${partition} to ${reader}`,
      "create function app.touch() returns trigger language plpgsql as $$ begin return null; end $$;",
    );
    await adopts();
    await database.query("drop function app.touch() cascade");
    await database.query("select pgpartition.ensure_partition('app.events'::regclass, '2025-05-07'::timestamptz)");
    await database.query("insert into app.events values (1, '2025-05-07', 'x')");
    expect(await partitions(database)).toContain("events_p2025_05");
  });

  it("partitions in a separate schema get the next one in it, and preview shows it", async () => {
    await byHand(() => "select", "", "parts");
    await adopts();
    const messages = await rolls();
    await equalToSiblings();
    expect(messages.join("\n")).toContain('all partitions lie in schema "parts", and partitionSchema is not declared');
  });

  it("of several branches what they have alike is on the next partitions and in new branches, and never what belongs to one", async () => {
    await makeSources(database);
    expect((await up(database, deployment, petriProgram("2025-03-10"))).error).toBeUndefined();
    const found = async (pattern: string): Promise<unknown[]> =>
      database.query(
        `select distinct c.relreplident as identity, c.reloptions as options, c.relacl::text ~ '${reader}' as open
         from pg_partition_tree('app.petri_obs') t join pg_class c on c.oid = t.relid where t.isleaf and c.relname ~ $1`,
        [pattern],
      );
    const all = await database.query<{ name: string }>(
      "select relid::text as name from pg_partition_tree('app.petri_obs') where isleaf",
    );
    for (const { name } of all)
      await database.query(`alter table ${name} replica identity full; alter table ${name} set (fillfactor = 70)`);
    await database.query(`grant select on ${all[0]?.name ?? ""} to ${reader}`);
    const [stem] = (all[0]?.name ?? "").split("_2025");
    for (const { name } of all)
      if (name.startsWith(`${stem ?? ""}_2025`)) await database.query(`grant select on ${name} to ${reader}`);
    const april = petriProgram("2025-04-10");
    const shown = await preview(database, deployment, april);
    expect(shown.messages.join("\n")).toContain("as the table has it, because its branches differ");
    expect((await up(database, deployment, april)).error).toBeUndefined();
    const alike = [{ identity: "f", options: ["fillfactor=70"], open: null }];
    expect(await found("2025_05$")).toEqual(alike);
    expect((await preview(database, deployment, april)).steps).toEqual([]);
    await database.query("insert into app.sites values ('fresh', 'abc-123')");
    await database.query("select pgpartition.ensure_values('app.petri_obs')");
    expect(await found("site_fresh_")).toEqual(alike);
  });

  it("siblings that disagree are named with what each has, and the newest is the model", async () => {
    await byHand((partition) =>
      partition.endsWith("02")
        ? `alter table ${partition} set (fillfactor = 50)`
        : `alter table ${partition} set (fillfactor = 80)`,
    );
    await adopts();
    const messages = await rolls();
    expect(messages.join("\n")).toContain(
      'partitions differ in storage parameters, which is not declared: fillfactor = 80 on "events_p2025_03", "events_p2025_04"; fillfactor = 50 on "events_p2025_02". Each is left as it is, and a new one is created as "events_p2025_04"',
    );
    await equalToSiblings();
  });

  it("a new default partition is as the siblings are", async () => {
    await byHand(
      (partition) =>
        `alter table ${partition} replica identity full; alter table ${partition} set (fillfactor = 70); grant select on ${partition} to ${app}`,
    );
    await adopts();
    await rolls({ defaultPartition: {} });
    const { ...sibling } = (await catalogue(database, "events_p2025_04")) as object;
    expect(await catalogue(database, "events_default")).toEqual(sibling);
  });

  it("what is declared is brought to every partition as before, and what a profile does not name is left", async () => {
    await byHand(
      (partition) =>
        `alter table ${partition} set (fillfactor = 70, autovacuum_vacuum_threshold = 7); alter table ${partition} replica identity full`,
    );
    const declared = { replicaIdentity: "default", storage: { hot: { options: { fillfactor: 90 } } } } as const;
    const { columns: _columns, primaryKey: _key, ...events } = april(declared).tables["events"] as TableSpecArgs;
    expect((await up(database, deployment, { ...april(), tables: { events } })).error).toBeUndefined();
    for (const month of ["2025_03", "2025_04", "2025_05"])
      expect(await catalogue(database, `events_p${month}`)).toMatchObject({
        replica: "d",
        options: ["autovacuum_vacuum_threshold=7", "fillfactor=90"],
      });
  });
});
