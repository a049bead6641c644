-- One row: a view or materialized view that reads the table $1.$2, one of its partitions, or another such view, with the rights
-- of an owner whom row security does not hold, and that somebody else may read.
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
  select f.oid, f.relowner, f.relforcerowsecurity from family f
  union
  select r.ev_class, t.relowner, t.relforcerowsecurity
  from readers t
  join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid and d.classid = 'pg_rewrite'::regclass
  join pg_rewrite r on r.oid = d.objid
)
select n.nspname as schema, v.relname as name, v.relkind = 'm' as materialized, pg_get_userbyid(v.relowner) as owner
from (select distinct * from readers) t
join pg_class v on v.oid = t.oid
join pg_namespace n on n.oid = v.relnamespace
join pg_roles o on o.oid = v.relowner
where v.relkind in ('v', 'm')
  and not exists (
    select from pg_options_to_table(v.reloptions) p where p.option_name = 'security_invoker' and p.option_value::boolean
  )
  and (o.rolsuper or o.rolbypassrls or (pg_has_role(v.relowner, t.relowner, 'USAGE') and not t.relforcerowsecurity))
  and (
    exists (select from aclexplode(v.relacl) a where a.grantee <> v.relowner and a.privilege_type = 'SELECT')
    or exists (
      select from pg_attribute c, aclexplode(c.attacl) a
      where c.attrelid = v.oid and c.attacl is not null and a.grantee <> v.relowner and a.privilege_type = 'SELECT'
    )
  )
order by n.nspname, v.relname
