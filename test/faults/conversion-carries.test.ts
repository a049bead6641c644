// What applications see of a table before and after its conversion: the same, but for the key.
import { describe, expect, it } from "vitest";
import { conversionProgram, CONVERTIBLE_TABLE, NO_TABLE } from "../support/convertible-table";
import { type TestDatabase, testVersions, withDatabase } from "../support/database";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";

/** Everything that is bound to the name `app.events`, and what depends on it, as text. */
const SEEN = `
  select format('table owner=%s acl=%s rls=%s/%s replica=%s comment=%s', c.relowner::regrole, c.relacl, c.relrowsecurity,
    c.relforcerowsecurity, c.relreplident, obj_description(c.oid, 'pg_class')) as line
  from pg_class c where c.oid = 'app.events'::regclass
  union all
  select format('column %s %s not_null=%s default=%s identity=%s generated=%s acl=%s options=%s statistics=%s comment=%s', a.attname,
    format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, a.attacl,
    a.attoptions, nullif(a.attstattarget, -1), col_description(a.attrelid, a.attnum))
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = 'app.events'::regclass and a.attnum > 0 and not a.attisdropped
  union all
  select format('constraint %s %s validated=%s', conname, pg_get_constraintdef(oid), convalidated) from pg_constraint
  where conrelid = 'app.events'::regclass and contype in ('c', 'f', 'u', 'x') and conparentid = 0
  union all
  select format('index %s %s comment=%s', i.relname, replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON '), obj_description(i.oid, 'pg_class'))
  from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = 'app.events'::regclass and not x.indisprimary
  union all
  select format('trigger %s %s', pg_get_triggerdef(oid), tgenabled) from pg_trigger
  where tgrelid = 'app.events'::regclass and not tgisinternal
  union all
  select format('policy %s %s %s using=%s', polrelid::regclass, polname, polcmd, pg_get_expr(polqual, polrelid)) from pg_policy
  where polrelid in ('app.events'::regclass, 'app.secrets'::regclass)
  union all
  select format('statistics %s', pg_get_statisticsobjdef(oid)) from pg_statistic_ext where stxrelid = 'app.events'::regclass
  union all
  select format('publication %s', pubname) from pg_publication_rel m join pg_publication p on p.oid = m.prpubid
  where m.prrelid = 'app.events'::regclass
  union all
  select format('view %s %s options=%s owner=%s comment=%s', v.relname, pg_get_viewdef(v.oid), v.reloptions, v.relowner::regrole,
    obj_description(v.oid, 'pg_class'))
  from pg_class v where v.relnamespace = 'app'::regnamespace and v.relkind = 'v'
  union all
  select format('function %s', pg_get_functiondef(oid)) from pg_proc where pronamespace = 'app'::regnamespace
  union all
  select format('sequence %s acl=%s %s', c.relname, c.relacl, to_jsonb(s) - 'seqrelid') from pg_class c join pg_sequence s on s.seqrelid = c.oid
  where c.relnamespace = 'app'::regnamespace
  union all
  select format('owned %s', pg_get_serial_sequence('app.events', a)) from unnest(array['id', 'number']) a
  order by 1`;

async function see(database: TestDatabase): Promise<string[]> {
  return (await database.query<{ line: string }>(SEEN)).map(({ line }) => line);
}

const ROWS = "select md5(string_agg(e::text, '|' order by id)) as digest, count(*) as rows from app.events e";

describe.each(testVersions())("PostgreSQL %s, a plain table with all that can be bound to one", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  it.each([
    ["by attach", conversionProgram()],
    ["by copy", conversionProgram({ convertFrom: { strategy: "copy" } })],
    ["offline", conversionProgram({ convertFrom: { strategy: "offline" } })],
  ])("is the same table after its conversion %s, with the same rows, and nothing is left to do", async (_, program) => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(CONVERTIBLE_TABLE);
    const [seen, rows] = [await see(database), await database.query(ROWS)];
    const [last] = await database.query<{ id: string; number: number }>(
      "select max(id) as id, max(number) as number from app.events",
    );
    expect((await up(database, deployment, program)).error).toBeUndefined();
    expect(await see(database)).toEqual(seen);
    expect(await database.query(ROWS)).toEqual(rows);
    expect((await preview(database, deployment, program)).steps).toEqual([]);
    // Sequences go on beyond what sessions had drawn, also those with a cache.
    const [next] = await database.query<{ id: string; number: number; note: string }>(
      "insert into app.events (run_id, at) values (1, '2025-04-02') returning id, number, note",
    );
    expect(Number(next?.id)).toBeGreaterThan(Number(last?.id));
    expect((Number(next?.id) - 7) % 3).toBe(0);
    expect(next).toMatchObject({ number: (last?.number ?? 0) + 1, note: "none" });
    // Views and functions that were bound to the plain table read the new row, too.
    expect(await database.query("select (select events from app.over_recent)::int, app.total()::int")).toEqual([
      { events: 2001, total: 2001 },
    ]);
    // The history is proved by its bound: its helper is gone.
    expect(
      await database.query(
        "select conname from pg_constraint where conrelid = to_regclass('app.events_history') and contype = 'c' and conislocal and coninhcount = 0",
      ),
    ).toEqual([]);
  });

  it.each([
    ["by attach", conversionProgram()],
    ["by copy", conversionProgram({ convertFrom: { strategy: "copy" } })],
  ])(
    "S9 policies that name their table, triggers in every state, and exact grants are the same after a conversion %s",
    async (_, program) => {
      expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
      // What the converting role creates would be open to others by itself, and its sequences and functions too.
      await database.query(`${CONVERTIBLE_TABLE}
      create policy named on app.events for update to pg_monitor using (events.number > 0) with check (events.note <> 'x' and app.events.number > 1);
      create policy restrictive on app.events as restrictive for select using (events.id is not null);
      create trigger fires_origin after insert on app.events for each row execute function app.ignore();
      create trigger fires_replica after update of note on app.events for each row when (new.note <> old.note) execute function app.ignore();
      create trigger fires_never after delete on app.events for each row execute function app.ignore();
      alter table app.events enable replica trigger fires_replica, disable trigger fires_never;
      alter default privileges for role ${database.user} in schema app grant all on tables to pg_monitor with grant option;
      alter default privileges for role ${database.user} in schema app grant insert on tables to public;
      alter default privileges for role ${database.user} in schema app grant all on sequences to public;`);
      const seen = await see(database);
      expect((await up(database, deployment, program)).error).toBeUndefined();
      expect(await see(database)).toEqual(seen);
      // Nothing that the conversion made is open to a role that the table was closed to.
      expect(
        await database.query(
          `select c.relname, a.grantee::regrole::text as grantee, a.privilege_type from pg_class c, aclexplode(c.relacl) a
         where c.relnamespace = 'app'::regnamespace and c.relname like 'events\\_%' and c.relkind in ('r', 'p')
           and a.grantee in (0, 'pg_monitor'::regrole) and not (a.grantee = 0 and a.privilege_type = 'SELECT')`,
        ),
      ).toEqual([]);
      expect((await preview(database, deployment, program)).steps).toEqual([]);
    },
  );
});
