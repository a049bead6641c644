-- Types that the columns of the table with oid $1 are made of and that are not PostgreSQL's own nor an extension's, each after
-- those that it is made of, as the statements that make them.
with recursive used (oid, depth) as (
  select a.atttypid, 0 from pg_attribute a where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped
  union
  select next.oid, u.depth + 1
  from used u
  join pg_type t on t.oid = u.oid
  cross join lateral (
    select t.typelem as oid where t.typelem <> 0
    union all
    select t.typbasetype where t.typtype = 'd'
    union all
    select m.atttypid from pg_attribute m where t.typtype = 'c' and m.attrelid = t.typrelid and m.attnum > 0 and not m.attisdropped
    union all
    select r.rngsubtype from pg_range r where r.rngtypid = t.oid
    union all
    select r.rngtypid from pg_range r where r.rngmultitypid = t.oid
  ) next
  where u.depth < 20
),
deepest as (
  select u.oid, max(u.depth) as depth from used u group by u.oid
)
select format('%I.%I', n.nspname, t.typname) as name,
  case t.typtype
    when 'e' then format('CREATE TYPE %I.%I AS ENUM (%s)', n.nspname, t.typname, (
      select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid
    ))
    when 'd' then format('CREATE DOMAIN %I.%I AS %s%s%s', n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod),
      case when t.typnotnull then ' NOT NULL' else '' end,
      coalesce((
        select string_agg(format(' CONSTRAINT %I %s', k.conname, pg_get_constraintdef(k.oid)), '' order by k.conname)
        from pg_constraint k where k.contypid = t.oid and k.contype = 'c'
      ), ''))
    when 'c' then format('CREATE TYPE %I.%I AS (%s)', n.nspname, t.typname, (
      select string_agg(format('%I %s', m.attname, format_type(m.atttypid, m.atttypmod)), ', ' order by m.attnum)
      from pg_attribute m where m.attrelid = t.typrelid and m.attnum > 0 and not m.attisdropped
    ))
    when 'r' then format('CREATE TYPE %I.%I AS RANGE (SUBTYPE = %s)', n.nspname, t.typname, (
      select format_type(r.rngsubtype, null) from pg_range r where r.rngtypid = t.oid
    ))
  end as definition
from deepest d
join pg_type t on t.oid = d.oid
join pg_namespace n on n.oid = t.typnamespace
where n.nspname not in ('pg_catalog', 'information_schema') and t.typtype in ('e', 'd', 'c', 'r')
  and not exists (select from pg_depend x where x.classid = 'pg_type'::regclass and x.objid = t.oid and x.deptype = 'e')
order by d.depth desc, 1
