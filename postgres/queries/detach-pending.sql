-- One row while the relation $1.$2 (schema, name) is a partition; pending: its concurrent detach is half done.
select i.inhdetachpending as pending
from pg_inherits i
join pg_class c on c.oid = i.inhrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1::text and c.relname = $2::text
