-- Figures for monitoring: sizes and growth, balance, default partitions. 0003-activity.sql has those of what goes on.
-- Everything runs with the rights of who asks and changes nothing, but for the thresholds. One part of a statement ends at a
-- semicolon that an empty line follows.
create table :management.size_thresholds (
  singleton boolean primary key default true check (singleton),
  small_bytes bigint not null default 10737418240,
  warn_bytes bigint not null default 107374182400,
  alert_bytes bigint not null default 214748364800,
  check (small_bytes >= 0 and small_bytes < warn_bytes and warn_bytes < alert_bytes)
);

comment on table :management.size_thresholds is
  'One row: below small a partition is small, up to warn good, up to alert a warning, above that an alert.';

insert into :management.size_thresholds default values;

create function :management.set_size_thresholds(small_bytes bigint, warn_bytes bigint, alert_bytes bigint) returns void
language sql set search_path = pg_catalog, pg_temp as $function$
  insert into :management.size_thresholds as t (singleton, small_bytes, warn_bytes, alert_bytes)
  values (true, small_bytes, warn_bytes, alert_bytes)
  on conflict (singleton) do update
    set small_bytes = excluded.small_bytes, warn_bytes = excluded.warn_bytes, alert_bytes = excluded.alert_bytes
    where (t.small_bytes, t.warn_bytes, t.alert_bytes)
      is distinct from (excluded.small_bytes, excluded.warn_bytes, excluded.alert_bytes)
$function$;

-- One row for each leaf of each managed table, with the bounds of its time level wherever in the tree that is.
create view :management.leaf_facts with (security_invoker = true) as
with parts as materialized (
  select * from :management.managed_parts
),
bounds as (
  select p.partition, pg_catalog.max(b.starts_at) as starts_at, pg_catalog.min(b.ends_at) as ends_at
  from parts p
  cross join lateral pg_catalog.pg_partition_ancestors(p.partition) h
  join parts b on b.partition = h.relid
  group by p.partition
)
select
  p.schema_name,
  p.table_name,
  n.nspname::text as partition_schema,
  c.relname::text as partition_name,
  c.oid as partition,
  b.starts_at,
  b.ends_at,
  pg_catalog.pg_get_expr(c.relpartbound, 0) = 'DEFAULT' as is_default,
  pg_catalog.pg_total_relation_size(c.oid) as size_bytes
from parts p
join bounds b on b.partition = p.partition
join pg_catalog.pg_class c on c.oid = p.partition and c.relkind <> 'p'
join pg_catalog.pg_namespace n on n.oid = c.relnamespace;

comment on view :management.leaf_facts is 'One row for each leaf of each managed table: bounds in time and bytes with indexes.';

-- The lengths that an interval can have, months and what is made of them by their mean.
create function :management.intervals() returns table (interval_name text, seconds numeric)
language sql immutable set search_path = pg_catalog, pg_temp as $function$
  values ('hour', 3600), ('day', 86400), ('week', 604800), ('month', 2629746), ('quarter', 7889238), ('year', 31556952)
$function$;

-- How fast the largest leaf of an interval grows: the median of the last six intervals that have ended, or what the present
-- one shows where none has. The median, because one day of import is not the growth of a table.
create view :management.table_growth with (security_invoker = true) as
with spans as (
  select
    f.schema_name,
    f.table_name,
    f.starts_at,
    f.ends_at,
    pg_catalog.max(f.size_bytes) as largest_bytes,
    pg_catalog.sum(f.size_bytes) as total_bytes,
    extract(epoch from f.ends_at - f.starts_at) as seconds,
    greatest(extract(epoch from least(f.ends_at, pg_catalog.now()) - f.starts_at), 1) as elapsed,
    f.ends_at <= pg_catalog.now() as ended
  from :management.leaf_facts f
  where f.starts_at <= pg_catalog.now() and f.ends_at is not null
  group by f.schema_name, f.table_name, f.starts_at, f.ends_at
),
ranked as (
  select
    s.*,
    pg_catalog.row_number() over (
      partition by s.schema_name, s.table_name order by s.ended desc, s.ends_at desc
    ) as age,
    pg_catalog.bool_or(s.ended) over (partition by s.schema_name, s.table_name) as any_ended
  from spans s
),
measured as (
  select
    r.schema_name,
    r.table_name,
    pg_catalog.percentile_cont(0.5) within group (order by (r.largest_bytes / r.elapsed)::double precision)::numeric as leaf_rate,
    pg_catalog.percentile_cont(0.5) within group (order by (r.total_bytes / r.elapsed)::double precision)::numeric as table_rate,
    (pg_catalog.array_agg(r.seconds order by r.ends_at desc))[1] as seconds
  from ranked r
  where r.age <= 6 and r.ended = r.any_ended
  group by r.schema_name, r.table_name
)
select
  m.schema_name,
  m.table_name,
  pg_catalog.round(m.table_rate * 86400) as table_bytes_per_day,
  pg_catalog.round(m.leaf_rate * 86400) as leaf_bytes_per_day,
  present.interval_name as present_interval,
  pg_catalog.round(m.leaf_rate * present.seconds) as expected_bytes,
  case
    when m.leaf_rate * present.seconds > t.warn_bytes then coalesce(
      (
        select i.interval_name from :management.intervals() i
        where m.leaf_rate * i.seconds <= t.warn_bytes order by i.seconds desc limit 1
      ),
      'hour'
    )
    when m.leaf_rate * present.seconds < t.small_bytes then coalesce(
      (
        select i.interval_name from :management.intervals() i
        where m.leaf_rate * i.seconds between t.small_bytes and t.warn_bytes order by i.seconds limit 1
      ),
      present.interval_name
    )
    else present.interval_name
  end as suggested_interval
from measured m
cross join :management.size_thresholds t
cross join lateral (
  select i.* from :management.intervals() i
  order by pg_catalog.abs(pg_catalog.ln(i.seconds) - pg_catalog.ln(m.seconds)) limit 1
) present;

comment on view :management.table_growth is
  'For each managed table that has begun: its growth, and the interval by which its leaves keep within the thresholds. A table that is small by every interval keeps its own.';

create view :management.partition_size with (security_invoker = true) as
select
  f.schema_name,
  f.table_name,
  f.partition_schema,
  f.partition_name,
  f.starts_at,
  f.ends_at,
  f.size_bytes,
  pg_catalog.pg_size_pretty(f.size_bytes) as size_pretty,
  case
    when f.size_bytes > t.alert_bytes then 'alert'
    when f.size_bytes > t.warn_bytes then 'warn'
    when f.size_bytes < t.small_bytes then 'small'
    else 'good'
  end as verdict,
  g.suggested_interval
from :management.leaf_facts f
cross join :management.size_thresholds t
left join :management.table_growth g on g.schema_name = f.schema_name and g.table_name = f.table_name;

comment on view :management.partition_size is
  'One row for each leaf: its size, judged by size_thresholds, and the interval that the growth of its table suggests.';

-- Among the leaves that have begun: those of the future are empty, and the default one is no interval.
create view :management.imbalance with (security_invoker = true) as
select
  f.schema_name,
  f.table_name,
  pg_catalog.count(*) as partitions,
  (pg_catalog.array_agg(f.partition_name order by f.size_bytes desc, f.partition_name))[1] as largest_partition,
  pg_catalog.max(f.size_bytes) as largest_bytes,
  pg_catalog.percentile_disc(0.5) within group (order by f.size_bytes) as median_bytes,
  pg_catalog.round(
    pg_catalog.max(f.size_bytes)::numeric / nullif(pg_catalog.percentile_disc(0.5) within group (order by f.size_bytes), 0), 2
  ) as ratio
from :management.leaf_facts f
where f.starts_at <= pg_catalog.now() and not f.is_default
group by f.schema_name, f.table_name;

comment on view :management.imbalance is 'For each managed table: the largest leaf that has begun, against the median.';

create view :management.default_rows with (security_invoker = true) as
select
  f.schema_name,
  f.table_name,
  f.partition_schema,
  f.partition_name,
  case
    -- Without a page there is no row, whatever the statistics still say.
    when pg_catalog.pg_relation_size(f.partition) = 0 then 0
    else greatest((select c.reltuples::bigint from pg_catalog.pg_class c where c.oid = f.partition), pg_catalog.pg_stat_get_live_tuples(f.partition))
  end as row_estimate
from :management.leaf_facts f
where f.is_default;

comment on view :management.default_rows is 'One row for each default partition, with its rows as the statistics know them.';
