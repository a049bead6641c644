-- One row: a view or materialized view, readable by somebody else than its owner, that reads the table $1.$2 or one of its
-- partitions with the rights of an owner whom row security does not hold: its own, or that of a view below it. A view with
-- security_invoker asks for its reader's rows wherever it is used.
with recursive family as (
  select c.oid, c.relowner, c.relforcerowsecurity
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1::text and c.relname = $2::text
  union all
  select i.inhrelid, f.relowner, f.relforcerowsecurity
  from family f
  join pg_inherits i on i.inhparent = f.oid
),
readers as (
  select f.oid, f.relowner as table_owner, f.relforcerowsecurity as forced, false as passes from family f
  union
  select
    v.oid,
    t.table_owner,
    t.forced,
    t.passes or o.rolsuper or o.rolbypassrls or (pg_has_role(v.relowner, t.table_owner, 'USAGE') and not t.forced)
  from readers t
  join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid and d.classid = 'pg_rewrite'::regclass
  join pg_rewrite r on r.oid = d.objid
  join pg_class v on v.oid = r.ev_class and v.oid <> t.oid and v.relkind in ('v', 'm')
  join pg_roles o on o.oid = v.relowner
  where not exists (
    select from pg_options_to_table(v.reloptions) p where p.option_name = 'security_invoker' and p.option_value::boolean
  )
)
select distinct n.nspname as schema, v.relname as name, v.relkind = 'm' as materialized, pg_get_userbyid(v.relowner) as owner
from readers t
join pg_class v on v.oid = t.oid
join pg_namespace n on n.oid = v.relnamespace
where t.passes
  and (
    exists (select from aclexplode(v.relacl) a where a.grantee <> v.relowner and a.privilege_type = 'SELECT')
    or exists (
      select from pg_attribute c, aclexplode(c.attacl) a
      where c.attrelid = v.oid and c.attacl is not null and a.grantee <> v.relowner and a.privilege_type = 'SELECT'
    )
  )
order by schema, name
