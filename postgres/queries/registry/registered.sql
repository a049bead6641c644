-- One row: a table in the registry.
select
  r.schema_name as schema,
  r.table_name as table,
  r.owner,
  r.mode,
  r.paused,
  r."window",
  r.registered_at::text as registered_at,
  r.updated_at::text as updated_at,
  exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = r.schema_name and c.relname = r.table_name
  ) as exists
from :management.registry r
order by r.schema_name, r.table_name
