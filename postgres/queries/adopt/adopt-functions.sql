-- One row: a function or procedure that belongs to no extension and whose source contains the text $1.
select
  n.nspname as schema,
  p.proname as name,
  format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as signature,
  case p.prokind when 'p' then 'procedure' else 'function' end as kind,
  p.prosrc as source
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where
  p.prokind in ('f', 'p')
  and n.nspname not in ('pg_catalog', 'information_schema')
  and strpos(lower(p.prosrc), lower($1::text)) > 0
  and not exists (
    select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
  )
order by 1, 2, 3
