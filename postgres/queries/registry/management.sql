-- One row, always: what there is under the name $1: whether such a schema exists, how many relations and functions are in
-- it, whether its version table is ours by the look of it, and whether this role may create it.
select
  s.oid is not null as exists,
  (
    (select count(*) from pg_class c where c.relnamespace = s.oid) + (select count(*) from pg_proc p where p.pronamespace = s.oid)
  )::int as objects,
  exists (
    select from pg_class c
    where c.relnamespace = s.oid
      and c.relname = 'version'
      and c.relkind = 'r'
      and obj_description(c.oid, 'pg_class') = 'pulumi-pgpartition'
  ) as ours,
  coalesce(has_schema_privilege(s.oid, 'USAGE'), false) as may_use,
  has_database_privilege(current_database(), 'CREATE') as may_create,
  current_user as role,
  current_database() as database
from (select 1) one
left join pg_namespace s on s.nspname = $1::text
