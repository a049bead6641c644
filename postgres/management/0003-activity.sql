-- Figures for monitoring: writes, use of indexes, creation ahead, jobs, slow statements. Everything runs with the rights of who
-- asks and changes nothing. One part of a statement ends at a semicolon that an empty line follows.

-- What was written into the leaves of each month since the statistics were last reset.
create view :management.writes_by_month with (security_invoker = true) as
select
  f.schema_name,
  f.table_name,
  pg_catalog.to_char(f.starts_at at time zone coalesce(r."window" -> 'key' ->> 'zone', 'UTC'), 'YYYY-MM') as month,
  pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(f.partition))::bigint as inserted,
  pg_catalog.sum(pg_catalog.pg_stat_get_tuples_updated(f.partition))::bigint as updated,
  pg_catalog.sum(pg_catalog.pg_stat_get_tuples_deleted(f.partition))::bigint as deleted
from :management.leaf_facts f
join :management.registry r on r.schema_name = f.schema_name and r.table_name = f.table_name
where f.starts_at is not null
group by 1, 2, 3;

comment on view :management.writes_by_month is
  'Rows inserted, updated and deleted, by the month in which a leaf begins: the counters of the server, so since their last reset.';

create view :management.index_use with (security_invoker = true) as
select
  f.schema_name,
  f.table_name,
  f.partition_schema,
  f.partition_name,
  x.relname::text as index_name,
  -- Null: the index is of this leaf alone.
  root.relname::text as parent_index,
  i.indisvalid as valid,
  pg_catalog.pg_stat_get_numscans(x.oid) as idx_scan,
  pg_catalog.pg_stat_get_tuples_returned(x.oid) as idx_tup_read,
  pg_catalog.pg_stat_get_tuples_fetched(x.oid) as idx_tup_fetch,
  pg_catalog.pg_relation_size(x.oid) as size_bytes
from :management.leaf_facts f
join pg_catalog.pg_index i on i.indrelid = f.partition
join pg_catalog.pg_class x on x.oid = i.indexrelid
left join pg_catalog.pg_class root on x.relispartition and root.oid = pg_catalog.pg_partition_root(x.oid);

comment on view :management.index_use is 'One row for each index of each leaf: how often it was used since the last reset, and what it costs.';

create view :management.index_use_total with (security_invoker = true) as
select
  u.schema_name,
  u.table_name,
  coalesce(u.parent_index, u.index_name) as index_name,
  pg_catalog.count(*) as leaves,
  pg_catalog.count(*) filter (where u.idx_scan = 0) as unused_leaves,
  pg_catalog.count(*) filter (where not u.valid) as invalid_leaves,
  pg_catalog.sum(u.idx_scan)::bigint as idx_scan,
  pg_catalog.sum(u.idx_tup_read)::bigint as idx_tup_read,
  pg_catalog.sum(u.idx_tup_fetch)::bigint as idx_tup_fetch,
  pg_catalog.sum(u.size_bytes)::bigint as size_bytes
from :management.index_use u
group by 1, 2, 3;

comment on view :management.index_use_total is 'The same summed for each index of the table as a whole.';

-- What the window wants by now and is not there: the count that the schedule, or the next update, should bring to nothing.
create view :management.creation_health with (security_invoker = true) as
select
  r.schema_name,
  r.table_name,
  pg_catalog.count(m.partition_name) as missing,
  pg_catalog.min(m.due_at) as due_since
from :management.registry r
join pg_catalog.pg_namespace n on n.nspname = r.schema_name
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = r.table_name and c.relkind = 'p'
left join lateral (
  -- Asked first, and apart: the function refuses a table for which nothing is prepared any more. runway shows that.
  with prepared_at as materialized (
    select pg_catalog.now() as as_of
    where exists (
      select from :management.prepared e
      where e.schema_name = r.schema_name and e.table_name = r.table_name and e.upper_bound > pg_catalog.now()
    )
  )
  select p.* from prepared_at a cross join lateral :management.missing_partitions(c.oid, a.as_of) p
) m on true
where r.mode = 'managed'
group by r.schema_name, r.table_name;

comment on view :management.creation_health is 'For each managed table: how many partitions are due and missing, and since when.';

create type :management.job_state as (
  schema_name text, table_name text, job text, job_id text, state text, last_started timestamptz, last_ended timestamptz,
  last_status text, last_message text, idle interval
);

-- The jobs of pg_cron that are ours. Nothing where pg_cron never was; 'missing' where it or a job is gone; 'hidden' where the
-- asking role cannot tell, because pg_cron shows a job to its own role and to superusers alone. idle counts from the last run,
-- or from when the job was made. As many runs are looked at as an update looks at: their table has no index by job.
create function :management.job_health() returns setof :management.job_state
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  -- By their names in the catalogue: to_regclass fails for who may not use the schema.
  place oid[] := array(
    select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'cron' and c.relname in ('job', 'job_run_details')
  );
  here boolean := cardinality(place) = 2;
  readable boolean := false;
  all_seen boolean := (select r.rolsuper or r.rolbypassrls from pg_roles r where r.rolname = current_user);
begin
  if here then
    readable := has_schema_privilege('cron', 'usage') and has_table_privilege(place[1], 'select')
      and has_table_privilege(place[2], 'select');
  end if;
  if not readable then
    return query
      select r.schema_name, r.table_name, r.schedule ->> 'job', r.schedule ->> 'jobId',
             case when here then 'hidden' else 'missing' end,
             null::timestamptz, null::timestamptz, null::text, null::text, null::interval
      from :management.registry r
      where r.mode = 'managed' and r.schedule ? 'jobId'
      order by 1, 2;
    return;
  end if;
  return query execute $query$
    with ours as (
      select r.schema_name, r.table_name, r.schedule ->> 'job' as job, r.schedule ->> 'jobId' as job_id,
             (r.schedule ->> 'since')::timestamptz as since
      from :management.registry r
      where r.mode = 'managed' and r.schedule ? 'jobId'
    ),
    recent as (
      select d.jobid, d.runid, d.status, d.return_message, d.start_time, d.end_time
      from cron.job_run_details d order by d.runid desc limit 20000
    ),
    latest as (
      select distinct on (e.jobid) e.* from recent e order by e.jobid, e.runid desc
    )
    select o.schema_name, o.table_name, o.job, o.job_id,
           case
             when j.jobid is null then case when $1 then 'missing' else 'hidden' end
             when not j.active then 'inactive'
             when l.jobid is null then 'never ran'
             else l.status
           end,
           l.start_time, l.end_time, l.status, l.return_message,
           case when j.jobid is not null then now() - greatest(l.start_time, o.since) end
    from ours o
    left join cron.job j on j.jobid::text = o.job_id and j.jobname = o.job
    left join latest l on l.jobid = j.jobid
    order by 1, 2
  $query$ using all_seen;
end
$function$;

create type :management.written_month as (month timestamptz, row_count bigint, tenants bigint);

-- Rows and distinct tenants of the last months, the present one with them, by the key of each row. It reads every row of those
-- months: by a replica or at night. Months begin by the calendar that the table is cut by.
create function :management.write_volume(relation regclass, tenant_column name, months integer default 12)
returns setof :management.written_month
language plpgsql stable
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO, MDY' as $function$
declare
  entry :management.registry := :management.managed_table(relation);
  key_column text := entry."window" -> 'key' ->> 'column';
  encoding text := coalesce(entry."window" -> 'key' ->> 'encoding', 'time');
  zone text := coalesce(entry."window" -> 'key' ->> 'zone', 'UTC');
  units numeric := case encoding when 'epoch-s' then 1 when 'epoch-ms' then 1000 else 1000000 end;
  key_type text;
  since timestamptz;
  key_time text;
  bound text;
begin
  if months is null or months < 1 then
    raise exception 'months is %; give the number of months to read, 1 or more', coalesce(months::text, 'null')
      using errcode = 'invalid_parameter_value';
  end if;
  since := (date_trunc('month', now() at time zone zone) - make_interval(months => months - 1)) at time zone zone;
  select format_type(a.atttypid, null) into strict key_type
  from pg_attribute a where a.attrelid = relation and a.attname = key_column and not a.attisdropped;
  if encoding = 'uuidv7' then
    key_time := format('to_timestamp((''x'' || lpad(left(replace(%I::text, ''-'', ''''), 12), 16, ''0''))::bit(64)::bigint / 1000.0)', key_column);
    bound := lpad(to_hex(floor(extract(epoch from since) * 1000)::bigint), 12, '0');
    bound := format('%L::uuid', left(bound, 8) || '-' || right(bound, 4) || '-0000-0000-000000000000');
  elsif encoding = 'time' then
    key_time := case key_type
      when 'timestamp with time zone' then format('%I', key_column)
      else format('(%I::timestamp at time zone %L)', key_column, zone)
    end;
    -- A date or a timestamp is compared as what it is, so that partitions before the bound are not read.
    bound := case key_type
      when 'timestamp with time zone' then format('%L::timestamptz', since)
      else format('%L::%s', since at time zone zone, key_type)
    end;
  else
    key_time := format('to_timestamp(%I / %s.0)', key_column, units);
    bound := (floor(extract(epoch from since)) * units)::bigint::text;
  end if;
  return query execute format(
    'select date_trunc(''month'', %s, %L), count(*), count(distinct %I) from %I.%I where %I >= %s group by 1 order by 1',
    key_time, zone, tenant_column, entry.schema_name, entry.table_name, key_column, bound
  );
end
$function$;

create type :management.slow_query as (
  schema_name text, table_name text, query_id text, query text, calls bigint, total_ms double precision, mean_ms double precision,
  read_ms double precision, row_count bigint
);

-- The statements of this database that name a managed table and take that long in the mean, the most expensive first. Nothing
-- where pg_stat_statements is absent, not loaded, or closed to the asking role; without pg_read_all_stats a role sees its own.
-- Its columns were called total_time until its version 1.8, and blk_read_time until 1.11 (PostgreSQL 17).
create function :management.slow_queries(at_least_ms double precision default 1000, at_most integer default 20)
returns setof :management.slow_query
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  place regclass := (
    select c.oid::regclass
    from pg_extension e
    join pg_class c on c.relnamespace = e.extnamespace and c.relname = 'pg_stat_statements'
    where e.extname = 'pg_stat_statements' and has_schema_privilege(e.extnamespace, 'usage')
  );
  named text[];
begin
  if place is null or not has_table_privilege(place, 'select') then return; end if;
  named := array(select a.attname::text from pg_attribute a where a.attrelid = place and a.attnum > 0 and not a.attisdropped);
  return query execute format(
    $query$
      select t.schema_name, t.table_name, s.queryid::text, regexp_replace(left(max(s.query), 500), '\s+', ' ', 'g'), sum(s.calls)::bigint,
             sum(s.%1$I), sum(s.%1$I) / nullif(sum(s.calls), 0), sum(s.%2$I), sum(s.rows)::bigint
      from %3$s s
      join pg_database d on d.oid = s.dbid and d.datname = current_database()
      cross join lateral (
        select r.schema_name, r.table_name from :management.registry r
        where r.mode = 'managed'
          and (
            s.query ~* ('(^|[^[:alnum:]_$])' || regexp_replace(r.table_name, '([^[:alnum:]_])', '\\\1', 'g') || '($|[^[:alnum:]_$])')
            or position(quote_ident(r.table_name) in s.query) > 0 and quote_ident(r.table_name) <> r.table_name
          )
      ) t
      group by t.schema_name, t.table_name, s.queryid
      having sum(s.%1$I) / nullif(sum(s.calls), 0) >= $1
      order by 6 desc limit $2
    $query$,
    case when 'total_exec_time' = any (named) then 'total_exec_time' else 'total_time' end,
    case when 'shared_blk_read_time' = any (named) then 'shared_blk_read_time' else 'blk_read_time' end,
    place
  ) using at_least_ms, at_most;
exception
  -- The extension is there and its library was not loaded at the start.
  when object_not_in_prerequisite_state then return;
end
$function$;

revoke all on all routines in schema :management from public;

insert into :management.version (version) values (3);
