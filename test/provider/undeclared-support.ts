// A table that another tool made, whose partitions carry what no program declares: adopted, rolled, and compared.
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { administer, type TestDatabase, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { ddlOf, partitions } from "./support";

/** Nothing of what a partition carries is declared, nor are the columns. */
function bare(asOf: string, changes: Partial<TableSpecArgs>): Program {
  const declared = program(asOf, { indexes: {}, ...changes });
  const { columns: _columns, primaryKey: _key, ...events } = declared.tables["events"] as TableSpecArgs;
  return { ...declared, tables: { events } };
}

export const march = (changes: Partial<TableSpecArgs> = {}) => bare("2025-03-10T00:00:00Z", changes);
export const april = (changes: Partial<TableSpecArgs> = {}) =>
  bare("2025-04-10T00:00:00Z", { ...changes, paused: true });
const months = ["2025_02", "2025_03", "2025_04"];
const bounds = (month: string) =>
  `for values from ('${month.replace("_", "-")}-01 00:00+00') to (timestamptz '${month.replace("_", "-")}-01 00:00+00' + interval '1 month')`;

/** Call it at the top of a describe block: it has a second schema for partitions, and three roles. */
export function withTableByHand(version: TestDatabase["version"]) {
  const database = withDatabase(version);
  const of = (what: string) => `${what}_${String(version)}_${String(process.pid)}`;
  const [app, reader, other] = [of("app"), of("reader"), of("other")];
  const deployment = withDeployment(database);

  beforeAll(() =>
    administer(database, (admin) =>
      admin.query(
        `create role ${app}; create role ${reader}; create role ${other}; grant ${other} to ${database.user}`,
      ),
    ),
  );
  beforeEach(async () => {
    await database.query(`drop schema if exists parts cascade; create schema parts;
      grant usage, create on schema app, parts to ${other}; grant usage on schema app to ${app}, ${reader}`);
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
    const wanted = march(changes);
    let run: Awaited<ReturnType<typeof up>> | undefined;
    const sent = await statementsDuring(database, async () => (run = await up(database, deployment, wanted)));
    expect(run?.error).toBeUndefined();
    expect(ddlOf(sent)).toEqual([]);
    expect((await preview(database, deployment, wanted)).steps).toEqual([]);
  };

  /** The next month by an update; the one after by what the database was given for it. */
  const rolls = async (changes: Partial<TableSpecArgs> = {}): Promise<string[]> => {
    const wanted = april(changes);
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

  return { database, deployment, app, reader, other, byHand, adopts, rolls, equalToSiblings };
}

/** What one partition carries, in the words of the catalogue and without a name that is its own. */
export async function catalogue(database: TestDatabase, name: string): Promise<unknown> {
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
