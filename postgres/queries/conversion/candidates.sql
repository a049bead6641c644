-- One row: a plain table that could be converted, the largest first, at most $1 of them. Sizes and rows are estimates of the last
-- VACUUM or ANALYZE, so that no table is locked. $2: the management schema, which is left out.
select
  n.nspname as schema,
  c.relname as name,
  case when c.reltuples >= 0 then c.reltuples::bigint end::text as rows,
  (current_setting('block_size')::bigint * (
    c.relpages + coalesce((select sum(i.relpages) from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = c.oid), 0)
    + coalesce((select h.relpages from pg_class h where h.oid = c.reltoastrelid), 0)
  ))::text as bytes,
  coalesce(t.n_tup_ins, 0)::text as inserts,
  coalesce(t.n_tup_upd, 0)::text as updates,
  coalesce(t.n_tup_del, 0)::text as deletes,
  (select count(*) from pg_constraint k where k.contype = 'f' and k.confrelid = c.oid and k.conparentid = 0)::int as referring,
  (
    select json_agg(
      json_build_object(
        'name', a.attname,
        'type', format_type(a.atttypid, a.atttypmod),
        'nullable', not a.attnotnull,
        'default', case when a.attgenerated = '' then pg_get_expr(d.adbin, 0) end,
        'generated', a.attgenerated <> ''
      )
      order by a.attnum
    )
    from pg_attribute a
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  ) as columns,
  (
    select json_agg(
      json_build_object(
        'unique', x.indisunique,
        'primary', x.indisprimary,
        'columns', (
          select json_agg(a.attname order by k.position)
          from unnest(x.indkey::int2[]) with ordinality k (attnum, position)
          join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
          where k.position <= x.indnkeyatts
        )
      )
    )
    from pg_index x
    where x.indrelid = c.oid and x.indisvalid
  ) as indexes,
  (
    select json_agg(
      json_build_object('column', s.attname, 'nullShare', s.null_frac, 'distinct', s.n_distinct, 'correlation', s.correlation)
    )
    from pg_stats s
    where s.schemaname = n.nspname and s.tablename = c.relname and not s.inherited
  ) as statistics
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_stat_all_tables t on t.relid = c.oid
where c.relkind = 'r'
  and c.relpersistence = 'p'
  and not c.relispartition
  and c.reloftype = 0
  and n.nspname not in ('pg_catalog', 'information_schema', $2::text)
  and n.nspname !~ '^pg_(toast|temp)'
  and not exists (select from pg_inherits i where c.oid in (i.inhrelid, i.inhparent))
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by c.relpages desc, c.reltuples desc, n.nspname, c.relname
limit $1::int
