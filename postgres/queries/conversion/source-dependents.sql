-- One row if the relation $1.$2 (schema, name) exists: what is bound to it by oid, so that it would go on using the table under
-- another name: views at any depth, functions with BEGIN ATOMIC, users of its row type, policies and rules of other tables.
with recursive source as (
  select c.*, n.nspname
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1::text and c.relname = $2::text
),
-- Views by the length of the longest way to them: each comes after those that it reads. A cycle, which CREATE OR REPLACE can make,
-- ends at 32.
reading as (
  select v.oid, 1 as depth
  from source s
  join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = s.oid and d.classid = 'pg_rewrite'::regclass
  join pg_rewrite w on w.oid = d.objid
  join pg_class v on v.oid = w.ev_class and v.relkind in ('v', 'm')
  union
  select v.oid, r.depth + 1
  from reading r
  join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = r.oid and d.classid = 'pg_rewrite'::regclass
  join pg_rewrite w on w.oid = d.objid
  join pg_class v on v.oid = w.ev_class and v.relkind in ('v', 'm') and v.oid <> r.oid
  where r.depth < 32
),
views as (
  select oid, max(depth) as depth, bool_or(depth = 1) as direct
  from reading
  group by oid
),
row_types as (
  select s.reltype as oid from source s where s.reltype <> 0
  union all
  select t.typarray from source s join pg_type t on t.oid = s.reltype where t.typarray <> 0
),
privileges as (
  select a.relation, a.attname, g.*
  from (
    select c.oid as relation, null::name as attname, c.relacl as acl
    from pg_class c
    where c.oid in (select oid from views)
    union all
    select p.attrelid, p.attname, p.attacl
    from pg_attribute p
    where p.attrelid in (select oid from views) and not p.attisdropped
  ) a
  cross join lateral aclexplode(a.acl) g
),
privilege_lists as (
  select p.relation,
         json_agg(
           json_strip_nulls(json_build_object(
             'column', p.attname,
             'grantor', pg_get_userbyid(p.grantor),
             'grantee', case when p.grantee = 0 then 'public' else pg_get_userbyid(p.grantee) end,
             'privilege', lower(p.privilege_type),
             'grantable', p.is_grantable
           ))
           order by p.attname nulls first, p.grantor, p.grantee, p.privilege_type
         ) as list
  from privileges p
  group by p.relation
),
-- What names the table or one of its columns, each object once.
dependents as (
  select distinct d.classid, d.objid, d.deptype
  from source s
  join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = s.oid
)
select
  (
    select json_agg(
      json_strip_nulls(json_build_object(
        'oid', c.oid::text,
        'schema', n.nspname,
        'name', c.relname,
        'kind', case c.relkind when 'm' then 'materialized' else 'view' end,
        'direct', v.direct,
        'definition', pg_get_viewdef(c.oid),
        'options', coalesce((
          select json_object_agg(o.option_name, o.option_value) from pg_options_to_table(c.reloptions) o
        ), '{}'),
        'owner', pg_get_userbyid(c.relowner),
        'ours', pg_has_role(current_user, c.relowner, 'USAGE'),
        'acl', to_json(c.relacl::text[]),
        'privileges', coalesce((select p.list from privilege_lists p where p.relation = c.oid), '[]'),
        'comment', obj_description(c.oid, 'pg_class'),
        'columnComments', coalesce((
          select json_object_agg(a.attname, m.description)
          from pg_description m join pg_attribute a on a.attrelid = c.oid and a.attnum = m.objsubid
          where m.classoid = 'pg_class'::regclass and m.objoid = c.oid and m.objsubid > 0
        ), '{}'),
        'rules', coalesce((
          select json_agg(json_build_object('name', w.rulename, 'definition', pg_get_ruledef(w.oid)) order by w.rulename)
          from pg_rewrite w
          where w.ev_class = c.oid and w.rulename <> '_RETURN'
        ), '[]'),
        'triggers', coalesce((
          select json_agg(pg_get_triggerdef(t.oid) order by t.tgname)
          from pg_trigger t
          where t.tgrelid = c.oid and not t.tgisinternal
        ), '[]'),
        'indexes', coalesce((
          select json_agg(pg_get_indexdef(x.indexrelid) order by x.indexrelid::regclass::text)
          from pg_index x
          where x.indrelid = c.oid
        ), '[]'),
        'populated', c.relispopulated
      ))
      order by v.depth, n.nspname, c.relname
    )
    from views v join pg_class c on c.oid = v.oid join pg_namespace n on n.oid = c.relnamespace
  ) as views,
  (
    select json_agg(
      json_build_object(
        'kind', case p.prokind when 'p' then 'procedure' else 'function' end,
        'signature', format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
        'definition', pg_get_functiondef(p.oid),
        'owner', pg_get_userbyid(p.proowner),
        'ours', pg_has_role(current_user, p.proowner, 'USAGE'),
        'direct', exists (
          select from pg_depend d
          where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass and d.refobjid = s.oid
        )
      )
      order by n.nspname, p.proname, p.oid
    )
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where p.prosqlbody is not null
      and exists (
        select from pg_depend d
        where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass
          and (d.refobjid = s.oid or d.refobjid in (select oid from views))
      )
  ) as functions,
  (
    select json_agg(json_build_object('kind', i.type, 'identity', i.identity) order by i.type, i.identity)
    from (
      select distinct d.classid, d.objid, d.objsubid
      from pg_depend d
      where d.refclassid = 'pg_type'::regclass and d.refobjid in (select oid from row_types) and d.deptype in ('n', 'a')
    ) d
    cross join lateral pg_identify_object(d.classid, d.objid, d.objsubid) i
  ) as row_type_users,
  (
    select json_agg(
      json_strip_nulls(json_build_object(
        'schema', n.nspname,
        'table', c.relname,
        'name', o.polname,
        'command', case o.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
        'roles', (
          select json_agg(case when r.oid = 0 then 'public' else pg_get_userbyid(r.oid) end
            order by case when r.oid = 0 then 'public' else pg_get_userbyid(r.oid) end)
          from unnest(o.polroles) r (oid)
        ),
        'restrictive', not o.polpermissive,
        'ours', pg_has_role(current_user, c.relowner, 'USAGE'),
        'using', pg_get_expr(o.polqual, o.polrelid),
        'withCheck', pg_get_expr(o.polwithcheck, o.polrelid),
        'comment', obj_description(o.oid, 'pg_policy')
      ))
      order by n.nspname, c.relname, o.polname
    )
    from dependents d
    join pg_policy o on d.classid = 'pg_policy'::regclass and o.oid = d.objid and d.deptype = 'n'
    join pg_class c on c.oid = o.polrelid
    join pg_namespace n on n.oid = c.relnamespace
    where o.polrelid <> s.oid
  ) as foreign_policies,
  (
    select json_agg(json_build_object('kind', i.type, 'identity', i.identity) order by i.type, i.identity)
    from (select distinct d.classid, d.objid from dependents d where d.deptype = 'n') d
    cross join lateral pg_identify_object(d.classid, d.objid, 0) i
    where d.classid not in (
        'pg_attrdef'::regclass, 'pg_constraint'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass,
        'pg_statistic_ext'::regclass, 'pg_publication_rel'::regclass, 'pg_type'::regclass
      )
      and not exists (select from pg_rewrite w where d.classid = 'pg_rewrite'::regclass and w.oid = d.objid
        and (w.ev_class in (select oid from views) or w.ev_class = s.oid))
      and not exists (select from pg_proc p where d.classid = 'pg_proc'::regclass and p.oid = d.objid and p.prosqlbody is not null)
      and not exists (
        select from pg_class c where d.classid = 'pg_class'::regclass and c.oid = d.objid and c.relkind in ('i', 'S', 'r', 'f', 'p', 't')
      )
  ) as others
from source s
