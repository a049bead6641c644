-- One row if the table with oid $1 exists: its size and traffic, statistics of its columns, and what of the server decides how long
-- a conversion waits. $2: from how many seconds on a transaction is old. Without pg_read_all_stats a role sees its own sessions.
select
  case
    when s.pages = 0 then 0
    when c.reltuples < 0 then null
    else greatest(
      case when c.relpages > 0 then c.reltuples * s.pages / c.relpages else c.reltuples end, pg_stat_get_live_tuples(c.oid)
    )::bigint
  end::text as rows,
  pg_relation_size(c.oid)::text as heap_bytes,
  pg_indexes_size(c.oid)::text as index_bytes,
  (case when c.reltoastrelid = 0 then 0 else pg_total_relation_size(c.reltoastrelid) end)::text as toast_bytes,
  coalesce(t.n_tup_ins, 0)::text as inserts,
  coalesce(t.n_tup_upd, 0)::text as updates,
  coalesce(t.n_tup_hot_upd, 0)::text as hot_updates,
  coalesce(t.n_tup_del, 0)::text as deletes,
  coalesce(t.seq_scan, 0)::text as sequential_scans,
  (
    select extract(epoch from clock_timestamp() - d.stats_reset)::bigint::text
    from pg_stat_database d
    where d.datname = current_database()
  ) as seconds,
  (
    select json_agg(
      json_build_object(
        'column', a.attname, 'nullShare', a.null_frac, 'distinct', a.n_distinct, 'correlation', a.correlation
      )
      order by a.attname
    )
    from pg_stats a
    where a.schemaname = n.nspname and a.tablename = c.relname and not a.inherited
  ) as statistics,
  pg_size_bytes(current_setting('max_wal_size'))::text as max_wal_bytes,
  pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') as sees_all,
  (
    select json_agg(
      json_build_object(
        'pid', a.pid,
        'application', coalesce(nullif(a.application_name, ''), a.backend_type),
        'state', a.state,
        'seconds', extract(epoch from clock_timestamp() - a.xact_start)::bigint
      )
      order by a.xact_start
    )
    from pg_stat_activity a
    where a.datname = current_database() and a.pid <> pg_backend_pid()
      and a.xact_start < clock_timestamp() - make_interval(secs => $2::int)
      and a.backend_type in ('client backend', 'logical replication worker')
  ) as old_transactions,
  (
    select json_agg(
      json_build_object('name', p.gid, 'seconds', extract(epoch from clock_timestamp() - p.prepared)::bigint) order by p.prepared
    )
    from pg_prepared_xacts p
    where p.database = current_database()
  ) as prepared_transactions,
  (
    select json_agg(
      json_build_object(
        'name', coalesce(nullif(w.application_name, ''), host(w.client_addr), 'unnamed'),
        'lagBytes', pg_wal_lsn_diff(l.here, w.replay_lsn)::bigint,
        'feedback', coalesce(w.backend_xmin, (select s.xmin from pg_replication_slots s where s.active_pid = w.pid)) is not null
      )
      order by w.pid
    )
    from pg_stat_replication w
  ) as replicas,
  (
    select json_agg(
      json_build_object(
        'name', r.slot_name, 'kind', r.slot_type, 'active', r.active, 'keptBytes', pg_wal_lsn_diff(l.here, r.restart_lsn)::bigint
      )
      order by r.slot_name
    )
    from pg_replication_slots r
  ) as slots,
  (
    -- The view has a fixed name and no fixed schema.
    select vn.nspname
    from pg_class v join pg_namespace vn on vn.oid = v.relnamespace
    where v.relname = 'pg_stat_statements' and v.relkind = 'v' and has_table_privilege(v.oid, 'SELECT')
      and has_schema_privilege(vn.oid, 'USAGE')
    limit 1
  ) as statements_schema
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_stat_all_tables t on t.relid = c.oid
cross join lateral (select pg_relation_size(c.oid) / current_setting('block_size')::int as pages) s
cross join (select case when pg_is_in_recovery() then null else pg_current_wal_lsn() end as here) l
where c.oid = $1::oid
