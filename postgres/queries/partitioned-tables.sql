-- One row: a table partitioned by range, not itself a partition, that the connected role may manage.
select n.nspname as schema, c.relname as table
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_partitioned_table p on p.partrelid = c.oid
where p.partstrat = 'r' and not c.relispartition and pg_has_role(current_user, c.relowner, 'USAGE')
order by n.nspname, c.relname
