-- One row if the relation $1.$2 (schema, name) exists: what it consists of, and what belongs to it, for a conversion to carry or
-- refuse. What JSON lacks has the value that most tables have. What is bound to it from elsewhere: source-dependents.sql.
with source as (
  select c.*, n.nspname
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1::text and c.relname = $2::text
),
sequences as (
  select a.attnum, a.attname as column_name, d.objid as oid,
         case when d.deptype = 'a' then 'serial' when a.attidentity = 'a' then 'identity always' else 'identity by default' end as kind
  from source s
  join pg_attribute a on a.attrelid = s.oid and a.attnum > 0 and not a.attisdropped
  join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = s.oid and d.refobjsubid = a.attnum
    and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
  join pg_class q on q.oid = d.objid and q.relkind = 'S'
  union all
  select a.attnum, a.attname, q.oid, 'shared'
  from source s
  join pg_attrdef e on e.adrelid = s.oid
  join pg_attribute a on a.attrelid = s.oid and a.attnum = e.adnum
  join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = e.oid and d.refclassid = 'pg_class'::regclass
  join pg_class q on q.oid = d.refobjid and q.relkind = 'S'
  where not exists (
    select from pg_depend o
    where o.classid = 'pg_class'::regclass and o.objid = q.oid and o.refclassid = 'pg_class'::regclass and o.refobjid = s.oid
      and o.deptype in ('a', 'i')
  )
)
select
  s.oid::text as oid,
  case
    when s.relkind = 'p' then 'partitioned'
    when s.relkind <> 'r' then 'other'
    when s.nspname in ('pg_catalog', 'information_schema', 'pg_toast') then 'catalogue'
    when exists (
      select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = s.oid and d.objsubid = 0 and d.deptype = 'e'
    ) then 'extension'
    when s.relpersistence = 't' then 'temporary'
    when s.relispartition then 'partition'
    when s.reloftype <> 0 then 'typed'
    when exists (select from pg_inherits i where i.inhrelid = s.oid) then 'inherits'
    when exists (select from pg_inherits i where i.inhparent = s.oid) then 'inherited'
    when s.relpersistence = 'u' then 'unlogged'
    else 'plain'
  end as kind,
  (
    select json_agg(n.nspname || '.' || c.relname order by i.inhseqno)
    from pg_inherits i join pg_class c on c.oid = i.inhparent join pg_namespace n on n.oid = c.relnamespace
    where i.inhrelid = s.oid
  ) as parents,
  (
    select json_agg(n.nspname || '.' || c.relname order by n.nspname, c.relname)
    from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_namespace n on n.oid = c.relnamespace
    where i.inhparent = s.oid
  ) as children,
  (
    select n.nspname || '.' || t.typname
    from pg_type t join pg_namespace n on n.oid = t.typnamespace
    where t.oid = s.reloftype
  ) as of_type,
  (
    select x.extname
    from pg_depend d join pg_extension x on d.refclassid = 'pg_extension'::regclass and x.oid = d.refobjid
    where d.classid = 'pg_class'::regclass and d.objid = s.oid and d.deptype = 'e'
  ) as extension,
  to_json(s.relacl::text[]) as acl,
  (
    select json_agg(
      json_strip_nulls(json_build_object(
        'column', a.attname,
        'grantor', pg_get_userbyid(g.grantor),
        'grantee', case when g.grantee = 0 then 'public' else pg_get_userbyid(g.grantee) end,
        'privilege', lower(g.privilege_type),
        'grantable', g.is_grantable
      ))
      order by a.attname nulls first, g.grantor, g.grantee, g.privilege_type
    )
    from (
      select null::name as attname, s.relacl as acl
      union all
      select p.attname, p.attacl from pg_attribute p where p.attrelid = s.oid and not p.attisdropped
    ) a
    cross join lateral aclexplode(a.acl) g
  ) as privileges,
  (
    select json_agg(
      json_strip_nulls(json_build_object(
        'name', a.attname,
        'collation', case when a.attcollation <> t.typcollation then (
          select quote_ident(n.nspname) || '.' || quote_ident(o.collname)
          from pg_collation o join pg_namespace n on n.oid = o.collnamespace
          where o.oid = a.attcollation
        ) end,
        'storage', case when a.attstorage <> t.typstorage then a.attstorage end,
        'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end,
        'statistics', case when a.attstattarget >= 0 then a.attstattarget end,
        'options', (select json_object_agg(o.option_name, o.option_value) from pg_options_to_table(a.attoptions) o)
      ))
      order by a.attnum
    )
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = s.oid and a.attnum > 0 and not a.attisdropped
  ) as columns,
  (
    select json_agg(
      json_strip_nulls(json_build_object(
        'name', k.conname,
        'kind', case k.contype
          when 'p' then 'primary' when 'u' then 'unique' when 'c' then 'check' when 'f' then 'foreign' when 'n' then 'notNull'
          else 'exclusion'
        end,
        'definition', pg_get_constraintdef(k.oid),
        'validated', k.convalidated,
        'enforced', coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true),
        'noInherit', k.connoinherit and k.contype in ('c', 'n'),
        'deferrable', k.condeferrable,
        'comment', obj_description(k.oid, 'pg_constraint')
      ))
      order by k.contype, k.conname
    )
    from pg_constraint k
    where k.conrelid = s.oid
      and k.contype in ('p', 'u', 'c', 'f', 'x', 'n')
      and not exists (select from pg_constraint up where up.oid = k.conparentid and up.conrelid = k.conrelid)
  ) as constraints,
  (
    select json_agg(
      json_strip_nulls(json_build_object(
        'name', i.relname,
        'bytes', 8192 * i.relpages::bigint,
        'method', m.amname,
        'partial', x.indpred is not null,
        'included', coalesce((
          select json_agg(a.attname order by k.position)
          from unnest(x.indkey::int2[]) with ordinality k (attnum, position)
          join pg_attribute a on a.attrelid = s.oid and a.attnum = k.attnum
          where k.position > x.indnkeyatts
        ), '[]'),
        'nullsNotDistinct', x.indnullsnotdistinct,
        'clustered', x.indisclustered,
        'comment', obj_description(i.oid, 'pg_class'),
        'tablespace', (select t.spcname from pg_tablespace t where t.oid = i.reltablespace),
        'statistics', (
          select json_object_agg(a.attnum, a.attstattarget)
          from pg_attribute a
          where a.attrelid = i.oid and a.attstattarget >= 0
        )
      ))
      order by i.relname
    )
    from pg_index x join pg_class i on i.oid = x.indexrelid join pg_am m on m.oid = i.relam
    where x.indrelid = s.oid
  ) as indexes,
  (
    select json_agg(
      json_strip_nulls(json_build_object(
        'name', t.tgname,
        'definition', pg_get_triggerdef(t.oid),
        'fires', case t.tgenabled when 'O' then 'origin' when 'A' then 'always' when 'R' then 'replica' else 'never' end,
        'level', case when t.tgtype & 1 <> 0 then 'row' else 'statement' end,
        'timing', case when t.tgtype & 2 <> 0 then 'before' when t.tgtype & 64 <> 0 then 'instead' else 'after' end,
        'constraint', t.tgconstraint <> 0,
        'transitionTables', to_json(array_remove(array[t.tgoldtable, t.tgnewtable], null)),
        'function', format('%I.%I()', n.nspname, p.proname),
        'comment', obj_description(t.oid, 'pg_trigger')
      ))
      order by t.tgname
    )
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid join pg_namespace n on n.oid = p.pronamespace
    where t.tgrelid = s.oid and not t.tgisinternal
  ) as triggers,
  (
    select json_agg(json_build_object('name', w.rulename, 'definition', pg_get_ruledef(w.oid)) order by w.rulename)
    from pg_rewrite w
    where w.ev_class = s.oid and w.rulename <> '_RETURN'
  ) as rules,
  (
    select json_agg(
      json_strip_nulls(json_build_object(
        'schema', n.nspname,
        'table', c.relname,
        'name', k.conname,
        'definition', pg_get_constraintdef(k.oid),
        'validated', k.convalidated,
        'self', c.oid = s.oid,
        'partitioned', c.relkind = 'p',
        'ours', pg_has_role(current_user, c.relowner, 'USAGE'),
        'columns', (
          select json_agg(a.attname order by x.position)
          from unnest(k.conkey) with ordinality x (attnum, position)
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.attnum
        ),
        'referenced', (
          select json_agg(a.attname order by x.position)
          from unnest(k.confkey) with ordinality x (attnum, position)
          join pg_attribute a on a.attrelid = k.confrelid and a.attnum = x.attnum
        ),
        'comment', obj_description(k.oid, 'pg_constraint')
      ))
      order by n.nspname, c.relname, k.conname
    )
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
    where k.contype = 'f' and k.confrelid = s.oid and k.conparentid = 0
  ) as referring,
  (
    select json_agg(
      json_strip_nulls(json_build_object(
        'schema', n.nspname,
        'name', c.relname,
        'column', o.column_name,
        'kind', o.kind,
        'type', format_type(q.seqtypid, null),
        'start', q.seqstart::text,
        'increment', q.seqincrement::text,
        'min', q.seqmin::text,
        'max', q.seqmax::text,
        'cache', q.seqcache::text,
        'cycle', q.seqcycle,
        'last', case when has_sequence_privilege(c.oid, 'SELECT, USAGE') then pg_sequence_last_value(c.oid)::text end,
        'owner', pg_get_userbyid(c.relowner),
        'acl', to_json(c.relacl::text[]),
        'comment', obj_description(c.oid, 'pg_class')
      ))
      order by o.attnum, n.nspname, c.relname
    )
    from sequences o
    join pg_sequence q on q.seqrelid = o.oid
    join pg_class c on c.oid = o.oid
    join pg_namespace n on n.oid = c.relnamespace
  ) as sequences,
  (
    select json_agg(
      json_strip_nulls(json_build_object(
        'schema', n.nspname,
        'name', x.stxname,
        'definition', pg_get_statisticsobjdef(x.oid),
        'owner', pg_get_userbyid(x.stxowner),
        'ours', pg_has_role(current_user, x.stxowner, 'USAGE'),
        'target', case when x.stxstattarget >= 0 then x.stxstattarget end,
        'comment', obj_description(x.oid, 'pg_statistic_ext')
      ))
      order by n.nspname, x.stxname
    )
    from pg_statistic_ext x join pg_namespace n on n.oid = x.stxnamespace
    where x.stxrelid = s.oid
  ) as statistics,
  (
    select json_agg(u.subname order by u.subname)
    from pg_subscription_rel r join pg_subscription u on u.oid = r.srsubid
    where r.srrelid = s.oid
  ) as subscriptions
from source s
