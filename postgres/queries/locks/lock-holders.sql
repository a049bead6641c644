-- One row: a transaction of somebody else that holds a lock on the table $1.$2, which a concurrent detach would wait for.
select distinct
  l.virtualtransaction as transaction,
  coalesce(l.pid, 0) as pid,
  nullif(a.application_name, '') as application,
  a.backend_type as kind,
  a.state,
  extract(epoch from clock_timestamp() - a.xact_start)::bigint as transaction_seconds,
  extract(epoch from clock_timestamp() - a.query_start)::bigint as query_seconds,
  null::text as prepared,
  null::text as relation
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_locks l on l.locktype = 'relation' and l.relation = c.oid and l.granted
left join pg_stat_activity a on a.pid = l.pid
where n.nspname = $1::text
  and c.relname = $2::text
  and l.database = (select d.oid from pg_database d where d.datname = current_database())
  and l.pid is distinct from pg_backend_pid()
