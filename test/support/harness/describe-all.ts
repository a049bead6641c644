import type { TestDatabase } from "../database";
import { dumpSchemas } from "./dump";

/** What the dump does not say: comments, states of triggers, values of sequences, what views and functions read. */
const FURTHER = `
  select format('comment %s %s %s', i.type, i.identity, d.description) as line
  from pg_description d cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) i
  where i.identity ~ '(^| on )app\\.'
  union all
  select format('trigger state %s %s %s', tgrelid::regclass, tgname, tgenabled) from pg_trigger
  where not tgisinternal and tgrelid::regclass::text like 'app.%'
  union all
  select format('sequence %s %s %s', s.schemaname, s.sequencename, to_jsonb(s) - 'last_value') from pg_sequences s where schemaname = 'app'
  union all
  select format('owned %s by %s.%s', d.objid::regclass, d.refobjid::regclass, d.refobjsubid) from pg_depend d
  join pg_class q on q.oid = d.objid and q.relkind = 'S'
  where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0
  union all
  select format('view %s %s %s', c.oid::regclass, c.reloptions, pg_get_viewdef(c.oid)) from pg_class c
  where relkind = 'v' and relnamespace = 'app'::regnamespace
  union all
  select format('function %s %s', p.oid::regprocedure, pg_get_functiondef(p.oid)) from pg_proc p
  where pronamespace = 'app'::regnamespace
  union all
  select format('statistics %s %s %s', pg_get_statisticsobjdef(oid), stxstattarget, stxowner::regrole) from pg_statistic_ext
  where stxnamespace = 'app'::regnamespace
  union all
  select format('column %s.%s target=%s options=%s', attrelid::regclass, attname, attstattarget, attoptions) from pg_attribute
  where attrelid = 'app.events'::regclass and attnum > 0
  union all
  select format('oid %s %s', c.oid::regclass, c.oid) from pg_class c where relnamespace = 'app'::regnamespace and relkind = 'r'
  order by 1`;

/** Everything that a schema of a test has, one line each. */
export async function describeAll(database: TestDatabase): Promise<string[]> {
  const dump = await dumpSchemas(database, ["app"]);
  const further = await database.query<{ line: string }>(FURTHER);
  const lines = [...dump.split("\n"), ...further.map(({ line }) => line)];
  return lines.filter((line) => !/^(registry|ledger) /.test(line));
}
