-- One row for each function and relation that has one of the names $2 in the schema at the same place in $1, by the types of its
-- arguments.
with asked as (
  select distinct n.oid as namespace, a.schema, a.name
  from unnest($1::text[], $2::text[]) a (schema, name)
  join pg_namespace n on n.nspname = a.schema
)
select 'function' as kind, a.schema, a.name, oidvectortypes(p.proargtypes) as arguments
from asked a
join pg_proc p on p.pronamespace = a.namespace and p.proname = a.name
union all
select 'relation', a.schema, a.name, ''
from asked a
join pg_class c on c.relnamespace = a.namespace and c.relname = a.name
order by 1, 2, 3, 4
