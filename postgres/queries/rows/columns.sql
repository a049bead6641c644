-- The columns of the table with oid $1 in their order, as an archive has to know them.
select
  a.attname as name,
  format_type(a.atttypid, a.atttypmod) as type,
  t.typtype as kind,
  t.typcategory as category,
  case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end as base,
  case when a.attcollation <> t.typcollation then format('%I.%I', m.nspname, l.collname) end as collation,
  -- What is NOT NULL for new rows only has rows without a value.
  a.attnotnull and not exists (
    select from pg_constraint k where k.conrelid = a.attrelid and k.contype = 'n' and k.conkey[1] = a.attnum and not k.convalidated
  ) as not_null,
  a.attgenerated <> '' as generated
from pg_attribute a
join pg_type t on t.oid = a.atttypid
left join pg_collation l on l.oid = a.attcollation
left join pg_namespace m on m.oid = l.collnamespace
where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped
order by a.attnum
