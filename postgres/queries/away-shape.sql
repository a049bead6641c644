-- One row, always: what the table with oid $3, which is away, lacks of the table $1.$2 that it is to be a partition of, and
-- what it has too much: columns by name, types, NOT NULL, checks and foreign keys by name and definition.
with parent as (
  select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1::text and c.relname = $2::text
),
columns as (
  select a.attrelid, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as filled,
         case when a.attgenerated = '' then pg_get_expr(d.adbin, 0) end as fallback
  from pg_attribute a
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attnum > 0 and not a.attisdropped and a.attrelid in (select oid from parent union all select $3::oid)
),
wanted as (select c.* from columns c join parent p on p.oid = c.attrelid),
found as (select c.* from columns c where c.attrelid = $3::oid),
constraints as (
  select k.conrelid, k.conname, k.contype, pg_get_constraintdef(k.oid) as definition, fn.nspname || '.' || f.relname as referenced
  from pg_constraint k
  left join pg_class f on f.oid = k.confrelid
  left join pg_namespace fn on fn.oid = f.relnamespace
  where k.contype in ('c', 'f')
    and k.conrelid in (select oid from parent union all select $3::oid)
    and not exists (select from pg_constraint up where up.oid = k.conparentid and up.conrelid = k.conrelid)
)
select
  (
    select json_agg(json_build_object('name', w.attname, 'type', w.type, 'nullable', not w.filled, 'default', w.fallback) order by w.attnum)
    from wanted w
    where not exists (select from found f where f.attname = w.attname)
  ) as missing,
  (
    select json_agg(f.attname order by f.attnum) from found f where not exists (select from wanted w where w.attname = f.attname)
  ) as extra,
  (
    select json_agg(json_build_object('name', w.attname, 'type', w.type, 'from', f.type) order by w.attnum)
    from wanted w join found f on f.attname = w.attname
    where f.type <> w.type
  ) as types,
  (
    select json_agg(w.attname order by w.attnum) from wanted w join found f on f.attname = w.attname where w.filled and not f.filled
  ) as empty,
  (
    select json_agg(
      json_build_object(
        'name', w.conname,
        'kind', case w.contype when 'c' then 'check' else 'foreign' end,
        'definition', w.definition,
        'referenced', w.referenced,
        'taken', exists (select from constraints t where t.conrelid = $3::oid and t.conname = w.conname)
      )
      order by w.contype, w.conname
    )
    from constraints w join parent p on p.oid = w.conrelid
    where not exists (
      select from constraints f
      -- One that holds for all rows does where new ones are enough.
      where f.conrelid = $3::oid and f.contype = w.contype and f.definition in (w.definition, regexp_replace(w.definition, ' NOT VALID$', ''))
        and (w.contype = 'f' or f.conname = w.conname)
    )
  ) as constraints
