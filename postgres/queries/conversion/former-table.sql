-- One row: the relation with the oid $1 as it is now. `refusal`: its trigger $2 that refuses writes, if it fires in every session.
select n.nspname as schema, c.relname as name, case when c.reltuples >= 0 then c.reltuples end::bigint as rows,
  pg_total_relation_size(c.oid)::bigint as bytes,
  (
    select concat_ws(' ', t.oid, t.xmin)
    from pg_trigger t
    where t.tgrelid = c.oid and t.tgname = $2 and t.tgenabled = 'A'
  ) as refusal,
  (
    select coalesce(json_agg(concat(pn.nspname, '.', p.relname) order by pn.nspname, p.relname), '[]')
    from pg_inherits i
    join pg_class p on p.oid = i.inhparent
    join pg_namespace pn on pn.oid = p.relnamespace
    where i.inhrelid = c.oid
  ) as parents,
  (
    select coalesce(json_agg(distinct concat(fn.nspname, '.', f.relname)), '[]')
    from pg_constraint k
    join pg_class f on f.oid = k.confrelid
    join pg_namespace fn on fn.oid = f.relnamespace
    where k.conrelid = c.oid and k.contype = 'f' and f.oid <> c.oid
  ) as "references"
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.oid = $1::oid
