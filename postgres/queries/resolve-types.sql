-- One row for each of the names of types $1: what it means by our search_path, as format_type prints it, and the types of that name
-- in any other schema.
select
  d.declared,
  format_type(to_regtype(d.declared)::oid, null) as type,
  (
    select json_agg(format('%I.%I', n.nspname, t.typname) order by n.nspname)
    from pg_type t
    join pg_namespace n on n.oid = t.typnamespace
    where t.typname in (lower(d.declared), btrim(d.declared, '"'))
      and t.typcategory <> 'A'
      and n.nspname not in ('pg_catalog', 'information_schema')
      and n.nspname !~ '^pg_(toast|temp)'
  ) as elsewhere
from unnest($1::text[]) d (declared)
order by d.declared
