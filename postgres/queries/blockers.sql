-- One row: a session that the backend $1 waits for. Never the text of its query, which may hold data.
select
  b.pid,
  nullif(a.application_name, '') as application,
  a.backend_type as kind,
  a.state,
  extract(epoch from clock_timestamp() - a.xact_start)::bigint as transaction_seconds,
  extract(epoch from clock_timestamp() - a.query_start)::bigint as query_seconds,
  (select x.gid from pg_prepared_xacts x where b.pid = 0 limit 1) as prepared
from (select distinct unnest(pg_blocking_pids($1::int)) as pid) b
left join pg_stat_activity a on a.pid = b.pid
order by a.xact_start nulls last, b.pid
