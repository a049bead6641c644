-- What people and their dashboards ask about the managed tables. Everything runs with the rights of who asks, and nothing here
-- changes anything but statistics. One part of a statement ends at a semicolon that an empty line follows.
--
-- All partitions below a table at any depth. What is cut further inside a partition of time has the bounds of that partition.
create function :management.tree(root regclass, encoding text, zone text)
returns table (parent oid, partition oid, starts_at timestamptz, ends_at timestamptz, by_time boolean)
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
  return query
    with recursive below as (
      select tree.root::oid as parent, p.partition, p.starts_at, p.ends_at, coalesce(p.starts_at, p.ends_at) is not null as by_time
      from :management.parts(tree.root, tree.encoding, tree.zone) p
      union all
      select b.partition, p.partition, coalesce(p.starts_at, b.starts_at), coalesce(p.ends_at, b.ends_at),
             coalesce(p.starts_at, p.ends_at) is not null
      from below b
      join pg_class c on c.oid = b.partition and c.relkind = 'p'
      cross join lateral :management.parts(b.partition, tree.encoding, tree.zone) p
    )
    select b.parent, b.partition, b.starts_at, b.ends_at, b.by_time from below b;
end
$function$;

create view :management.managed_parts with (security_invoker = true) as
select r.schema_name, r.table_name, r.mode, t.parent, t.partition, t.starts_at, t.ends_at, t.by_time
from :management.registry r
join pg_catalog.pg_namespace n on n.nspname = r.schema_name
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = r.table_name and c.relkind = 'p'
cross join lateral :management.tree(
  c.oid, coalesce(r."window" -> 'key' ->> 'encoding', 'time'), coalesce(r."window" -> 'key' ->> 'zone', 'UTC')
) t;

create view :management.partition_info with (security_invoker = true) as
select
  m.schema_name,
  m.table_name,
  n.nspname::text as partition_schema,
  c.relname::text as partition_name,
  m.starts_at,
  m.ends_at,
  case when c.reltuples >= 0 then c.reltuples::bigint end as row_estimate,
  pg_catalog.pg_stat_get_live_tuples(c.oid) as live_tuples,
  pg_catalog.pg_stat_get_dead_tuples(c.oid) as dead_tuples,
  s.bytes as size_bytes,
  pg_catalog.pg_size_pretty(s.bytes) as size_pretty,
  (select pg_catalog.count(*) from pg_catalog.pg_index x where x.indrelid = c.oid) as indexes,
  greatest(pg_catalog.pg_stat_get_last_analyze_time(c.oid), pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid)) as last_analyze
from :management.managed_parts m
join pg_catalog.pg_class c on c.oid = m.partition and c.relkind <> 'p'
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (select pg_catalog.pg_total_relation_size(c.oid) as bytes) s;

comment on view :management.partition_info is
  'One row for each partition of each managed table. The rows are estimates; partition_stats() counts.';

-- What partitions of time are direct parts of: the table itself, or its branches in use. A value that has ended gets nothing
-- new, so its branch says nothing about the future of the table.
create function :management.stems(entry :management.registry) returns setof oid
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  in_use oid[];
begin
  if :management.level_count(entry) is null then
    return query
      select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = entry.schema_name and c.relname = entry.table_name and c.relkind = 'p';
    return;
  end if;
  begin
    in_use := array(select s.branch from :management.stems_in_use(entry) s);
  -- Who may not read a source of values sees all branches as being in use.
  exception when insufficient_privilege then
    in_use := array(
      select e.branch from :management.existing_branches(entry) e where cardinality(e.path) = :management.level_count(entry)
    );
  end;
  return query select u.branch from unnest(in_use) u (branch);
end
$function$;

-- The first moment from now on without a partition: the earliest of all branches in use. Null: rows of now have none.
create function :management.runway_end(entry :management.registry) returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  encoding text := coalesce(entry."window" -> 'key' ->> 'encoding', 'time');
  zone text := coalesce(entry."window" -> 'key' ->> 'zone', 'UTC');
begin
  return (
    with ends as (
      select s.stem, (
        select min(m.ends_at) filter (where m.next_at is null or m.next_at > m.ends_at)
        from (
          -- A partition without upper bound takes rows for ever.
          select p.starts_at, coalesce(p.ends_at, 'infinity') as ends_at, lead(p.starts_at) over (order by p.starts_at) as next_at
          from :management.parts(s.stem, encoding, zone) p
          where coalesce(p.starts_at, p.ends_at) is not null
        ) m
        where m.ends_at > now()
        having bool_or(coalesce(m.starts_at, '-infinity') <= now())
      ) as ends_at
      from :management.stems(entry) s (stem)
    )
    -- One without a partition of now leaves the table without runway.
    select case when bool_and(e.ends_at is not null) then min(e.ends_at) end from ends e
  );
end
$function$;

-- Until when each table takes rows: the end of its partitions without a gap from now on, and of what the schedule could make.
create view :management.runway with (security_invoker = true) as
select
  r.schema_name,
  r.table_name,
  w.runway_ends,
  -- Older servers do not subtract from an infinite time.
  case when pg_catalog.isfinite(w.runway_ends) then w.runway_ends - pg_catalog.now() end as time_left,
  coalesce(
    (
      select pg_catalog.max(p.upper_bound) from :management.prepared p
      where p.schema_name = r.schema_name and p.table_name = r.table_name
    ),
    (
      -- Of the way of cutting whose partitions end first.
      select pg_catalog.min(g.upper_bound)
      from (
        select pg_catalog.max(p.upper_bound) as upper_bound from :management.prepared_parts p
        where p.schema_name = r.schema_name and p.table_name = r.table_name
        group by p.grid
      ) g
    )
  ) as prepared_until
from :management.registry r
cross join lateral :management.runway_end(r) w (runway_ends)
where r.mode = 'managed';

comment on view :management.runway is
  'For each managed table: the first moment without a partition, the time until then, and the end of what the schedule can make.';

create type :management.expired_partition as (
  partition_schema text, partition_name text, starts_at timestamptz, ends_at timestamptz, row_estimate bigint,
  size_bytes bigint, size_pretty text, state text, drop_after timestamptz
);

create type :management.counted_partition as (
  partition_name text, starts_at timestamptz, ends_at timestamptz, row_count bigint, size_bytes bigint, size_pretty text
);

create type :management.sized_partition as (
  partition_name text, starts_at timestamptz, ends_at timestamptz, row_estimate bigint, size_bytes bigint, size_pretty text
);

-- What has expired at a moment and is still there: attached, or detached and waiting for its drop. What is done with it, and
-- when, is decided by pulumi up.
create function :management.expired(relation regclass, as_of timestamptz default now()) returns setof :management.expired_partition
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  entry :management.registry := :management.managed_table(relation);
begin
  return query
    select i.partition_schema, i.partition_name, i.starts_at, i.ends_at, i.row_estimate, i.size_bytes, i.size_pretty,
           'attached', null::timestamptz
    from :management.partition_info i
    where i.schema_name = entry.schema_name and i.table_name = entry.table_name
      and i.ends_at <= :management.horizon(entry, as_of)
    union all
    select n.nspname::text, c.relname::text, l.lower_bound, l.upper_bound, case when c.reltuples >= 0 then c.reltuples::bigint end,
           pg_total_relation_size(c.oid), pg_size_pretty(pg_total_relation_size(c.oid)), 'detached', (l.detail ->> 'dropAfter')::timestamptz
    from (
      select distinct on (e.partition_oid) e.*
      from :management.ledger e
      where e.schema_name = entry.schema_name and e.table_name = entry.table_name
      order by e.partition_oid, e.id desc
    ) l
    join pg_class c on c.oid = l.partition_oid
    join pg_namespace n on n.oid = c.relnamespace
    where l.event in ('detaching', 'detached') and l.detail ? 'dropAfter'
      and not exists (select from pg_inherits h where h.inhrelid = c.oid)
    order by 3, 2;
end
$function$;

-- The partitions of one table with their rows counted: reads every one of them.
create function :management.partition_stats(relation regclass) returns setof :management.counted_partition
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  entry :management.registry := :management.managed_table(relation);
  info :management.partition_info;
  counted :management.counted_partition;
begin
  for info in
    select * from :management.partition_info i
    where i.schema_name = entry.schema_name and i.table_name = entry.table_name
    order by i.starts_at, i.partition_name
  loop
    counted := (info.partition_name, info.starts_at, info.ends_at, null, info.size_bytes, info.size_pretty);
    execute format('select count(*) from %I.%I', info.partition_schema, info.partition_name) into counted.row_count;
    return next counted;
  end loop;
end
$function$;

-- Sizes and estimated rows of one table, as partition_info has them.
create function :management.partition_sizes(relation regclass) returns setof :management.sized_partition
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  entry :management.registry := :management.managed_table(relation);
begin
  return query
    select i.partition_name, i.starts_at, i.ends_at, i.row_estimate, i.size_bytes, i.size_pretty
    from :management.partition_info i
    where i.schema_name = entry.schema_name and i.table_name = entry.table_name
    order by i.starts_at, i.partition_name;
end
$function$;

-- Statistics of the table as a whole, which autovacuum never makes. Before PostgreSQL 18 that reads the partitions too; there
-- they are read where that is asked for.
create function :management.analyze_partitions(relation regclass, leaves boolean default false) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
  entry :management.registry := :management.managed_table(relation);
  alone boolean := not leaves and current_setting('server_version_num')::int >= 180000;
  branch regclass;
begin
  execute format('analyze %s%I.%I', case when alone then 'only ' else '' end, entry.schema_name, entry.table_name);
  if not alone then return; end if;
  -- Branches are tables as a whole too, for those who read one of them.
  for branch in
    select m.partition::regclass from :management.managed_parts m join pg_class c on c.oid = m.partition and c.relkind = 'p'
    where m.schema_name = entry.schema_name and m.table_name = entry.table_name
  loop
    execute format('analyze only %s', branch);
  end loop;
end
$function$;



revoke all on all routines in schema :management from public;
