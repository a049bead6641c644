-- One row, always: what decides about a change of the table $1.$2. Of the functions $3 (names) those that are volatile, of
-- the types $4 (as declared) those that are domains with a constraint; what uses the columns $5 of the table or a partition;
-- constraints of partitions that are not validated, foreign keys that stand alone, and whatever has one of the names $7; partitions whose statistics know rows without a value in
-- one of the columns $6; how many locks the server can hold.
with recursive tree as (
  select p.oid, true as root
  from pg_class p
  join pg_namespace n on n.oid = p.relnamespace
  where n.nspname = $1::text and p.relname = $2::text
  union all
  select i.inhrelid, false
  from tree t
  join pg_inherits i on i.inhparent = t.oid
),
family as (
  select c.oid, n.nspname as schema, c.relname as name, c.reltuples, t.root
  from tree t
  join pg_class c on c.oid = t.oid
  join pg_namespace n on n.oid = c.relnamespace
),
columns as (
  select f.oid, f.schema, f.name as relation, a.attnum, a.attname as column
  from family f
  join pg_attribute a on a.attrelid = f.oid
  where a.attname = any ($5::text[]) and a.attnum > 0 and not a.attisdropped
),
dependents as (
  select c.schema, c.relation, c.column, d.classid, d.objid, d.objsubid, c.oid, c.attnum
  from columns c
  join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.refobjsubid = c.attnum
),
uses as (
  -- Indexes and constraints of the table speak for those of its partitions.
  select d.column, 'index' as kind, i.relname::text as name, d.schema || '.' || d.relation as relation
  from dependents d
  join pg_class i on d.classid = 'pg_class'::regclass and i.oid = d.objid and i.relkind in ('i', 'I')
  where not exists (select from pg_inherits h where h.inhrelid = i.oid)
  union
  select d.column,
         case k.contype when 'c' then 'check' when 'f' then 'foreign key' else 'key' end,
         k.conname::text,
         d.schema || '.' || d.relation
  from dependents d
  join pg_constraint k on d.classid = 'pg_constraint'::regclass and k.oid = d.objid and k.contype in ('c', 'f', 'p', 'u', 'x')
  where k.conrelid = d.oid and k.coninhcount = 0 and k.conparentid = 0
  union
  select d.column, 'foreign key', k.conname::text, rn.nspname || '.' || r.relname
  from dependents d
  join pg_constraint k on d.classid = 'pg_constraint'::regclass and k.oid = d.objid and k.contype = 'f'
  join pg_class r on r.oid = k.conrelid
  join pg_namespace rn on rn.oid = r.relnamespace
  where k.conrelid <> d.oid and k.conparentid = 0
  union
  select d.column, 'policy', o.polname::text, d.schema || '.' || d.relation
  from dependents d
  join pg_policy o on d.classid = 'pg_policy'::regclass and o.oid = d.objid
  union
  select d.column, 'view', v.relname::text, vn.nspname || '.' || v.relname
  from dependents d
  join pg_rewrite w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
  join pg_class v on v.oid = w.ev_class
  join pg_namespace vn on vn.oid = v.relnamespace
  union
  select d.column, 'trigger', t.tgname::text, d.schema || '.' || d.relation
  from dependents d
  join pg_trigger t on d.classid = 'pg_trigger'::regclass and t.oid = d.objid and not t.tgisinternal and t.tgparentid = 0
  union
  -- A generated column: the default of another column.
  select d.column, 'other', 'generated column ' || a.attname, d.schema || '.' || d.relation
  from dependents d
  join pg_attrdef e on d.classid = 'pg_attrdef'::regclass and e.oid = d.objid
  join pg_attribute a on a.attrelid = e.adrelid and a.attnum = e.adnum
  where e.adrelid = d.oid and e.adnum <> d.attnum
  union
  select d.column, 'other', (pg_identify_object(d.classid, d.objid, 0)).type || ' ' || (pg_identify_object(d.classid, d.objid, 0)).identity,
         d.schema || '.' || d.relation
  from dependents d
  where d.classid in ('pg_statistic_ext'::regclass, 'pg_publication_rel'::regclass, 'pg_proc'::regclass)
  union
  select c.column, 'other', 'partition key', c.schema || '.' || c.relation
  from columns c
  join pg_partitioned_table p on p.partrelid = c.oid and c.attnum = any (p.partattrs::int2[])
),
domains as (
  select t.declared, y.oid, y.typtype, y.typnotnull, y.typbasetype
  from unnest($4::text[]) t (declared)
  join pg_type y on y.oid = to_regtype(t.declared)
  union all
  select d.declared, y.oid, y.typtype, y.typnotnull, y.typbasetype
  from domains d
  join pg_type y on d.typtype = 'd' and y.oid = d.typbasetype
)
select
  current_setting('server_version_num')::int / 10000 as version,
  (select json_agg(distinct p.proname) from pg_proc p where p.proname = any ($3::text[]) and p.provolatile = 'v') as volatile_functions,
  (
    select json_agg(distinct d.declared)
    from domains d
    where d.typtype = 'd' and (d.typnotnull or exists (select from pg_constraint k where k.contypid = d.oid))
  ) as constrained_types,
  (select json_agg(u order by u.column, u.kind, u.name) from uses u) as uses,
  (
    select json_agg(
      json_build_object(
        'schema', f.schema,
        'partition', f.name,
        'name', k.conname,
        'kind', case k.contype when 'c' then 'check' when 'f' then 'foreign' else 'other' end,
        'validated', k.convalidated,
        'own', k.conparentid = 0 and k.coninhcount = 0,
        'oid', k.oid::text,
        'definition', pg_get_constraintdef(k.oid),
        'columns', (
          select json_agg(a.attname order by c.position)
          from unnest(k.conkey) with ordinality c (attnum, position)
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.attnum
        ),
        'references', (
          select json_build_object('schema', fn.nspname, 'table', r.relname)
          from pg_class r join pg_namespace fn on fn.oid = r.relnamespace
          where r.oid = k.confrelid
        )
      )
      order by f.schema, f.name, k.conname
    )
    from family f
    join pg_constraint k on k.conrelid = f.oid and k.contype in ('c', 'f', 'p', 'u', 'x')
    where not f.root
      and (
        not k.convalidated
        or (k.contype = 'f' and k.conparentid = 0)
        or (k.coninhcount = 0 and k.conname = any ($7::text[]))
      )
  ) as pending,
  (
    select json_agg(
      json_build_object('column', s.attname, 'partition', f.schema || '.' || f.name, 'rows', ceil(s.null_frac * f.reltuples)::bigint)
      order by f.schema, f.name, s.attname
    )
    from family f
    join pg_stats s on s.schemaname = f.schema and s.tablename = f.name and not s.inherited
    where s.attname = any ($6::text[]) and s.null_frac > 0 and f.reltuples > 0
  ) as nulls,
  json_build_object(
    'perTransaction', current_setting('max_locks_per_transaction')::int,
    'capacity', current_setting('max_locks_per_transaction')::int
      * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int)
  ) as locks
