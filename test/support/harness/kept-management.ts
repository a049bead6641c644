// The management schema of a test's database: installed once and emptied before each test, because most tests are about something
// else, and installing it takes as long as what they do with it.
import { listUpgradeStatements, MANAGEMENT_VERSION } from "../../../postgres/management/versions";
import type { TestDatabase } from "../database";

const SCHEMA = "pgpartition";

/** What a database said of the schema when it was new. */
const marks = new WeakMap<TestDatabase, { readonly catalogue: string; readonly rows: string }>();

/** As newly installed: the objects are those that the last test had, if it changed none of them. */
export async function freshManagement(database: TestDatabase): Promise<void> {
  const mark = marks.get(database);
  // In this order: without its tables the schema can be asked for no rows.
  const kept =
    (await ask(database, catalogueMark)) === mark?.catalogue && (await ask(database, rowsMark)) === mark.rows;
  if (kept) {
    await database.query(emptying);
    return;
  }
  await dropManagement(database);
  await install(database);
  marks.set(database, { catalogue: await ask(database, catalogueMark), rows: await ask(database, rowsMark) });
}

/** As in a database that has never had it. */
export async function dropManagement(database: TestDatabase): Promise<void> {
  marks.delete(database);
  await database.query(`drop schema if exists ${SCHEMA} cascade`);
}

/** By the role of the product, as the product does it. */
async function install(database: TestDatabase): Promise<void> {
  const client = await database.connect({ user: database.user, password: database.password, application_name: "test" });
  try {
    for (let version = 1; version <= MANAGEMENT_VERSION; version += 1)
      await client.query(listUpgradeStatements(version, SCHEMA).join(";\n"));
  } finally {
    await client.end();
  }
}

async function ask(database: TestDatabase, sql: string): Promise<string> {
  const [row] = await database.query<{ mark: string | null }>(sql);
  return row?.mark ?? "absent";
}

/** Tables that the installation fills: their rows are a part of it. */
const FILLED = ["version", "size_thresholds"];

/** Each row of the catalogue that is about the schema, with the transaction that wrote it: none can change and keep that. */
const catalogueMark = `
  with home as (select oid from pg_namespace where nspname = '${SCHEMA}'),
    relations as (select oid from pg_class where relnamespace = (select oid from home)),
    marks (catalogue, oid, part, written) as (
      select 'namespace', oid, 0, xmin from pg_namespace where oid = (select oid from home)
      union all select 'relation', oid, 0, xmin from pg_class where relnamespace = (select oid from home)
      union all select 'column', attrelid, attnum, xmin from pg_attribute where attrelid in (table relations)
      union all select 'default', oid, 0, xmin from pg_attrdef where adrelid in (table relations)
      union all select 'index', indexrelid, 0, xmin from pg_index where indrelid in (table relations)
      union all select 'constraint', oid, 0, xmin from pg_constraint where connamespace = (select oid from home)
      union all select 'trigger', oid, 0, xmin from pg_trigger where tgrelid in (table relations)
      union all select 'policy', oid, 0, xmin from pg_policy where polrelid in (table relations)
      union all select 'rule', oid, 0, xmin from pg_rewrite where ev_class in (table relations)
      union all select 'child', inhrelid, 0, xmin from pg_inherits where inhparent in (table relations)
      union all select 'function', oid, 0, xmin from pg_proc where pronamespace = (select oid from home)
      union all select 'type', oid, 0, xmin from pg_type where typnamespace = (select oid from home)
      union all select 'default rights', oid, 0, xmin from pg_default_acl where defaclnamespace = (select oid from home)
      union all select 'comment', objoid, objsubid, xmin from pg_description where objoid in (table relations)
    )
  select md5(string_agg(format('%s %s %s %s', catalogue, oid, part, written), ',' order by catalogue, oid, part)) as mark
  from marks`;

const rowsMark = `select concat_ws(' ', ${FILLED.map(
  (table) => `(select string_agg(format('%s %s', t.ctid, t.xmin), ',' order by t.ctid) from ${SCHEMA}.${table} t)`,
).join(", ")}) as mark`;

/** DELETE and not TRUNCATE, which writes new files, and by a session whose triggers are off: the ledger refuses it otherwise. */
const emptying = `do $$
  declare
    relation record;
  begin
    perform set_config('session_replication_role', 'replica', true);
    for relation in
      select c.oid::regclass as name, c.relkind as kind from pg_class c
      where c.relnamespace = '${SCHEMA}'::regnamespace and c.relkind in ('r', 'S') and c.relname not in (${FILLED.map((table) => `'${table}'`).join(", ")})
    loop
      if relation.kind = 'S' then perform setval(relation.name, 1, false);
      else execute format('delete from %s', relation.name);
      end if;
    end loop;
  end $$`;
