-- One row if a relation has the quoted name $1: its kind, the partitions that hold its rows, the columns that it is partitioned by
-- (outermost level first, expressions aside), and the oids of everything that is one table with it. A name that is null has none.
select
  c.oid::text as oid,
  n.nspname as schema,
  c.relname as name,
  c.relkind as kind,
  case
    when c.relkind = 'p' then (
      select coalesce(json_agg(ln.nspname || '.' || l.relname order by ln.nspname, l.relname), '[]')
      from pg_partition_tree(c.oid) t
      join pg_class l on l.oid = t.relid
      join pg_namespace ln on ln.oid = l.relnamespace
      where t.isleaf
    )
    else json_build_array(n.nspname || '.' || c.relname)
  end as leaves,
  (
    select coalesce(json_agg(k.name order by k.level, k.name), '[]')
    from (
      select a.attname as name, min(t.level) as level
      from pg_partition_tree(c.oid) t
      join pg_partitioned_table p on p.partrelid = t.relid
      join pg_attribute a on a.attrelid = p.partrelid and a.attnum = any (p.partattrs)
      where a.attnum > 0
      group by a.attname
    ) k
  ) as keys,
  (
    select json_agg(f.relid::oid::text)
    from (
      select c.oid::regclass as relid
      union
      select t.relid from pg_partition_tree(c.oid) t
      union
      select r.relid from pg_partition_ancestors(c.oid) r
    ) f
  ) as family
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.oid = to_regclass($1)
