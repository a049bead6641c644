-- What has to go before the relations with the oids $1 can be dropped, one row each, and what needs that in turn first: as DROP
-- without CASCADE finds it. What goes along with a relation (its indexes, triggers, sequences, publication) is none of it, nor
-- is the part of a foreign key that points to it as to one partition of the referenced table, which leaves with the detach.
with recursive found as (
  select o.oid as root, 'pg_class'::regclass::oid as classid, o.oid as objid, 0 as objsubid, 0 as level
  from unnest($1::oid[]) o (oid)
  union
  select f.root, x.classid, x.objid, x.objsubid, f.level + x.step
  from found f
  cross join lateral (
    select d.classid, d.objid, d.objsubid, case when d.deptype = 'n' then 1 else 0 end as step
    from pg_depend d
    where d.refclassid = f.classid
      and d.refobjid = f.objid
      and (f.objsubid = 0 or d.refobjsubid = f.objsubid)
      and d.deptype in ('n', 'a', 'i', 'P', 'S')
      and not (
        d.classid = 'pg_constraint'::regclass
        and exists (select from pg_constraint k where k.oid = d.objid and k.contype = 'f' and k.conparentid <> 0)
      )
    union all
    -- A view stands behind its rule.
    select d.refclassid, d.refobjid, d.refobjsubid, 0
    from pg_depend d
    where f.level > 0 and d.classid = f.classid and d.objid = f.objid and d.deptype = 'i'
  ) x
  where f.level + x.step <= 5
),
each_once as (
  select root, classid, objid, objsubid, min(level) as level
  from found
  group by root, classid, objid, objsubid
),
needing as (
  select e.*
  from each_once e
  where e.level > 0
    and not exists (
      select from each_once w where w.root = e.root and w.classid = e.classid and w.objid = e.objid and w.level = 0
    )
    -- What goes along with one that is listed.
    and not exists (
      select
      from pg_depend d
      join each_once w on w.classid = d.refclassid and w.objid = d.refobjid and w.objsubid in (0, d.refobjsubid)
      where d.classid = e.classid and d.objid = e.objid and d.deptype in ('a', 'i', 'P', 'S')
        and w.root = e.root and w.level > 0 and (w.classid, w.objid) <> (e.classid, e.objid)
    )
    and not (
      e.objsubid > 0
      and exists (
        select from each_once w where w.root = e.root and w.classid = e.classid and w.objid = e.objid and w.objsubid = 0
      )
    )
  union all
  select d.objid, d.refclassid, d.refobjid, 0, 1
  from pg_depend d
  where d.classid = 'pg_class'::regclass and d.objid = any ($1::oid[]) and d.deptype = 'e'
)
select n.root::text as oid, i.type as kind, i.identity, to_json(a.object_names) as names
from needing n
cross join lateral pg_identify_object(n.classid, n.objid, n.objsubid) i
cross join lateral pg_identify_object_as_address(n.classid, n.objid, n.objsubid) a
where i.identity is not null
order by n.root, n.level desc, i.type, i.identity
