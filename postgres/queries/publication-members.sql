-- One row: a partitioned table, not itself a partition, that the connected role may manage, and a publication that names it.
-- From PostgreSQL 19 on pg_publication_rel also has the tables that FOR ALL TABLES EXCEPT leaves out (prexcept).
select n.nspname as schema, c.relname as table, p.pubname as publication
from pg_publication_rel m
join pg_publication p on p.oid = m.prpubid
join pg_class c on c.oid = m.prrelid
join pg_namespace n on n.oid = c.relnamespace
where not coalesce((to_jsonb(m) ->> 'prexcept')::boolean, false)
  and c.relkind = 'p' and not c.relispartition and pg_has_role(current_user, c.relowner, 'USAGE')
order by n.nspname, c.relname, p.pubname
