-- One row: a direct partition of the table with oid $1. $2: whether sizes are read from the files, which waits for a lock
-- on each leaf, or estimated from the last vacuum. The bounds are printed without naming the table, so that no lock is taken.
select
  c.oid::text as oid,
  n.nspname as schema,
  c.relname as name,
  pg_get_expr(c.relpartbound, 0) as bounds,
  c.relkind = 'p' as partitioned,
  i.inhdetachpending as pending,
  case when c.reltuples >= 0 then c.reltuples::bigint end as rows,
  (
    select sum(
      case
        when $2::boolean then pg_total_relation_size(t.relid)
        else 8192 * (
          select coalesce(sum(p.relpages), 0)
          from pg_class p
          where p.oid = t.relid
            or p.oid in (select x.indexrelid from pg_index x where x.indrelid = t.relid)
            or p.oid in (select h.reltoastrelid from pg_class h where h.oid = t.relid)
        )
      end
    )
    from (
      select c.oid as relid where c.relkind <> 'p'
      union all
      select l.relid from pg_partition_tree(case when c.relkind = 'p' then c.oid end) l where l.isleaf
    ) t
  )::bigint as bytes
from pg_inherits i
join pg_class c on c.oid = i.inhrelid
join pg_namespace n on n.oid = c.relnamespace
where i.inhparent = $1::oid
order by n.nspname, c.relname
