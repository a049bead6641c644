-- One row: an index on a partition of the table $1.$2, at any depth, and on the table $3.$4, which is away at the moment.
with recursive family as (
  select c.oid, 0 as depth
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1::text and c.relname = $2::text
  union all
  select i.inhrelid, f.depth + 1
  from family f
  join pg_inherits i on i.inhparent = f.oid
  where f.depth < 5
),
partitions as (
  select f.oid from family f where f.depth > 0
  union
  select c.oid
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $3::text and c.relname = $4::text
)
select
  n.nspname as schema,
  partition.relname as partition,
  ic.relname as name,
  substr(
    pg_get_indexdef(x.indexrelid),
    length(
      format(
        'CREATE %sINDEX %I ON %s%I.%I ',
        case when x.indisunique then 'UNIQUE ' else '' end,
        ic.relname,
        case when ic.relkind = 'I' then 'ONLY ' else '' end,
        n.nspname,
        partition.relname
      )
    ) + 1
  ) as definition,
  x.indisunique as unique,
  x.indisvalid as valid,
  (
    select json_agg(coalesce(a.attname, pg_get_indexdef(x.indexrelid, k.position::int, true)) order by k.position)
    from unnest(x.indkey::int2[]) with ordinality k (attnum, position)
    left join pg_attribute a on a.attrelid = partition.oid and a.attnum = k.attnum and k.attnum > 0
    where k.position <= x.indnkeyatts
  ) as columns,
  (
    select json_build_object(
      'name', k.conname,
      'kind', case k.contype when 'p' then 'primary' when 'u' then 'unique' else 'exclusion' end,
      'definition', pg_get_constraintdef(k.oid)
    )
    from pg_constraint k
    where k.conindid = x.indexrelid and k.conrelid = partition.oid and k.contype in ('p', 'u', 'x')
  ) as constraint,
  upper_index.relname as attached_to,
  exists (select from pg_stat_progress_create_index b where b.index_relid = x.indexrelid) as building
from partitions
join pg_class partition on partition.oid = partitions.oid
join pg_namespace n on n.oid = partition.relnamespace
join pg_index x on x.indrelid = partition.oid
join pg_class ic on ic.oid = x.indexrelid
left join pg_inherits ii on ii.inhrelid = x.indexrelid
left join pg_class upper_index on upper_index.oid = ii.inhparent
order by n.nspname, partition.relname, ic.relname
