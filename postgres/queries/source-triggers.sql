-- Triggers that call for the branches of the table $1.$2 when a table of values changes, whoever made them. $3: the management schema.
select n.nspname as schema, c.relname as table, t.tgname as name, t.tgenabled in ('O', 'A') as enabled
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_proc p on p.oid = t.tgfoid
join pg_namespace m on m.oid = p.pronamespace
where m.nspname = $3::text and p.proname = 'values_changed' and not t.tgisinternal
  and t.tgargs = convert_to($1::text, getdatabaseencoding()) || '\x00'::bytea || convert_to($2::text, getdatabaseencoding()) || '\x00'::bytea
order by 1, 2, 3
