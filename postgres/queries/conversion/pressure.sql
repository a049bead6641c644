-- One row if the conversion $1 exists: its settings, and what of the server shows that its copy is too fast. What is hidden from the
-- role is null or left out, and counted in `hidden`. Takes no lock of a table.
with ours as materialized (
  select pid
  from pg_stat_activity
  where application_name like 'pulumi-pgpartition%' and datname = current_database()
)
select
  c.control,
  (
    select json_agg(
      json_build_object(
        'name', coalesce(nullif(w.application_name, ''), host(w.client_addr), 'unnamed'),
        'bytes', greatest(0, pg_wal_lsn_diff(l.here, w.replay_lsn))::bigint,
        'seconds', extract(epoch from w.replay_lag)::float8
      )
      order by w.pid
    )
    from pg_stat_replication w
    where w.state in ('streaming', 'catchup') and w.replay_lsn is not null
  ) as replicas,
  (select count(*) from pg_stat_replication w where w.state is null)::int as hidden,
  (
    select json_agg(
      json_build_object(
        'name', r.slot_name,
        'active', r.active,
        'keptBytes', greatest(0, pg_wal_lsn_diff(l.here, r.restart_lsn))::bigint,
        'leftBytes', r.safe_wal_size,
        'unreserved', r.wal_status = 'unreserved'
      )
      order by r.slot_name
    )
    from pg_replication_slots r
    where r.restart_lsn is not null and r.wal_status <> 'lost'
  ) as slots,
  k.redo::text as redo,
  greatest(0, pg_wal_lsn_diff(l.here, k.redo))::float8 as since_checkpoint,
  pg_size_bytes(current_setting('max_wal_size'))::float8 as max_wal,
  (
    select json_agg(json_build_object('pid', d.pid, 'application', nullif(a.application_name, '')) order by d.pid)
    from (select distinct w.pid from pg_locks w where not w.granted and w.locktype = 'relation' and w.relation in (c.source, c.target)) d
    left join pg_stat_activity a on a.pid = d.pid
    where d.pid not in (select pid from ours) and pg_blocking_pids(d.pid) && array(select pid from ours)
  ) as waiting
from :management.conversions c
cross join (select case when pg_is_in_recovery() then null else pg_current_wal_lsn() end as here) l
cross join (select redo_lsn as redo from pg_control_checkpoint()) k
where c.id = $1::bigint
