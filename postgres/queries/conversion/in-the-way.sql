-- One row: a session in the way of a conversion by copy, and why. `blocks`: one of our sessions waits for it, for a lock of `relation`
-- if it is one. `older`: its transaction began before $1, when the copy was verified; the swap waits for those whose snapshot is older.
-- Never the text of its query, which may hold data.
with ours as (
  select pid
  from pg_stat_activity
  where application_name like 'pulumi-pgpartition%' and datname = current_database()
),
found as (
  select distinct b.pid, 'blocks' as why, o.pid as waiter
  from ours o cross join unnest(pg_blocking_pids(o.pid)) b (pid)
  where b.pid not in (select pid from ours)
  union all
  select a.pid, 'older', null
  from pg_stat_activity a
  where a.datname = current_database()
    and a.xact_start < $1::timestamptz
    and a.backend_xmin is not null
    and a.pid not in (select pid from ours)
)
select
  f.pid,
  f.why,
  nullif(a.application_name, '') as application,
  a.backend_type as kind,
  a.state,
  extract(epoch from clock_timestamp() - a.xact_start)::bigint as transaction_seconds,
  extract(epoch from clock_timestamp() - a.query_start)::bigint as query_seconds,
  (select x.gid from pg_prepared_xacts x where f.pid = 0 limit 1) as prepared,
  (
    select format('%I.%I', n.nspname, c.relname)
    from pg_locks w
    join pg_class c on c.oid = w.relation
    join pg_namespace n on n.oid = c.relnamespace
    where w.pid = f.waiter and not w.granted and w.locktype = 'relation'
    limit 1
  ) as relation
from found f
left join pg_stat_activity a on a.pid = f.pid
order by a.xact_start nulls last, f.pid, f.why
