-- One row: a partition of the table $1.$2, at any depth, that has no page and so never held a row since it was made or
-- emptied. Of one that is cut further all parts have none. Sizes wait for a lock on each partition.
with recursive family as (
  select c.oid, c.relkind
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1::text and c.relname = $2::text
  union all
  select c.oid, c.relkind
  from family f
  join pg_inherits i on i.inhparent = f.oid
  join pg_class c on c.oid = i.inhrelid
)
select f.oid::text as oid
from family f
where not exists (
  select from pg_partition_tree(f.oid) t where t.isleaf and pg_relation_size(t.relid) > 0
)
