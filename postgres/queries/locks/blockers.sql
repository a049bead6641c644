-- One row: a session that the backend $1 waits for, and of which relation it wants a lock. Never the text of its query, which may hold data.
select
  b.pid,
  nullif(a.application_name, '') as application,
  a.backend_type as kind,
  a.state,
  extract(epoch from clock_timestamp() - a.xact_start)::bigint as transaction_seconds,
  extract(epoch from clock_timestamp() - a.query_start)::bigint as query_seconds,
  (select x.gid from pg_prepared_xacts x where b.pid = 0 limit 1) as prepared,
  (
    select format('%I.%I', n.nspname, c.relname)
    from pg_locks w
    join pg_class c on c.oid = w.relation
    join pg_namespace n on n.oid = c.relnamespace
    where w.pid = $1::int and not w.granted and w.locktype = 'relation'
    limit 1
  ) as relation
from (select distinct unnest(pg_blocking_pids($1::int)) as pid) b
left join pg_stat_activity a on a.pid = b.pid
order by a.xact_start nulls last, b.pid
