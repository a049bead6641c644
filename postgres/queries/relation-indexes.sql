-- One row: an index of the relation $1.$2, whether that is a partition, a table or was one.
select
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
        c.relname
      )
    ) + 1
  ) as definition,
  x.indisunique as unique,
  x.indisvalid as valid,
  (
    select json_agg(coalesce(a.attname, pg_get_indexdef(x.indexrelid, k.position::int, true)) order by k.position)
    from unnest(x.indkey::int2[]) with ordinality k (attnum, position)
    left join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum and k.attnum > 0
    where k.position <= x.indnkeyatts
  ) as columns,
  (
    select json_build_object(
      'name', k.conname,
      'kind', case k.contype when 'p' then 'primary' when 'u' then 'unique' else 'exclusion' end,
      'definition', pg_get_constraintdef(k.oid)
    )
    from pg_constraint k
    where k.conindid = x.indexrelid and k.conrelid = c.oid and k.contype in ('p', 'u', 'x')
  ) as constraint
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_index x on x.indrelid = c.oid
join pg_class ic on ic.oid = x.indexrelid
where n.nspname = $1::text and c.relname = $2::text
order by ic.relname
