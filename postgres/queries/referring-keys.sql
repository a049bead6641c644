-- One row for each foreign key that points to one of the relations with the oids $1, under the name that it has on the
-- referring table. Keys of partitions of a referring table are those of the table.
select
  k.confrelid::text as oid,
  fn.nspname as partition_schema,
  f.relname as partition,
  n.nspname as schema,
  c.relname as table,
  coalesce(up.conname, k.conname) as name,
  (
    select json_agg(a.attname order by x.position)
    from unnest(k.conkey) with ordinality x (attnum, position)
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.attnum
  ) as columns,
  (
    select json_agg(a.attname order by x.position)
    from unnest(k.confkey) with ordinality x (attnum, position)
    join pg_attribute a on a.attrelid = k.confrelid and a.attnum = x.attnum
  ) as referenced
from pg_constraint k
join pg_class f on f.oid = k.confrelid
join pg_namespace fn on fn.oid = f.relnamespace
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_constraint up on up.oid = k.conparentid
where k.contype = 'f'
  and k.confrelid = any ($1::oid[])
  and not exists (select from pg_constraint p where p.oid = k.conparentid and p.confrelid = k.confrelid)
order by 1, n.nspname, c.relname, name
