-- One row for each function and relation of schema $1 that has one of the names $2, by the types of its arguments.
select 'function' as kind, p.proname::text as name, oidvectortypes(p.proargtypes) as arguments
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where n.nspname = $1::text and p.proname = any ($2::text[])
union all
select 'relation', c.relname::text, ''
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1::text and c.relname = any ($2::text[])
order by 1, 2, 3
