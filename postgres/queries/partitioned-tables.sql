-- One row: a table partitioned by range, itself or in a branch, not itself a partition, that the connected role may manage.
select n.nspname as schema, c.relname as table
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_partitioned_table p on p.partrelid = c.oid
where not c.relispartition
  and pg_has_role(current_user, c.relowner, 'USAGE')
  and (
    p.partstrat = 'r'
    or exists (
      select from pg_partition_tree(c.oid) t join pg_partitioned_table b on b.partrelid = t.relid where b.partstrat = 'r'
    )
  )
order by n.nspname, c.relname
