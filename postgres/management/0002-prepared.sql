-- What the schedule in the database makes: the statements that the last update rendered for the partitions of the coming
-- intervals. There is no second book of rules here: names, bounds, statements, when each is due and what has expired by then
-- were decided by the program. One part of a statement ends at a semicolon that an empty line follows.
create table :management.prepared (
  schema_name text not null,
  table_name text not null,
  -- The values of the levels above, as in the ledger.
  branch text not null default '',
  lower_bound timestamptz not null,
  upper_bound timestamptz not null,
  -- What the partition is attached to: the table, or a branch of it.
  parent_schema text not null,
  parent_name text not null,
  partition_schema text not null,
  partition_name text not null,
  -- From this moment on the window wants it.
  due_at timestamptz not null,
  -- While this interval is the present one, what ended then or before has expired. Null: kept forever.
  horizon timestamptz,
  statements text[] not null,
  primary key (schema_name, table_name, branch, lower_bound),
  foreign key (schema_name, table_name) references :management.registry (schema_name, table_name)
    on update cascade on delete cascade
);

-- Digest of the rows above, by which an update sees whether they are those that it would write.
alter table :management.registry add column prepared text;

-- The job of pg_cron that is ours, and since when it has been due.
alter table :management.registry add column schedule jsonb;

-- Functions and views under names that callers use, by their oids: another one of such a name is not ours.
alter table :management.registry add column aliases jsonb not null default '[]';

-- The row of a table that is managed; an error for any other, so that nothing is done to a table that nobody declared.
create function :management.managed_table(relation regclass) returns :management.registry
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  entry :management.registry;
begin
  select r.* into entry
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join :management.registry r on r.schema_name = n.nspname and r.table_name = c.relname
  where c.oid = relation;
  if entry.id is null then
    raise exception 'table % is not managed by pulumi-pgpartition', coalesce(relation::text, 'null')
      using errcode = 'undefined_object', hint = 'Declare it in a program and run pulumi up, or name a table that is declared.';
  end if;
  if entry.mode <> 'managed' then
    raise exception 'table % was released and is managed by nobody', relation
      using errcode = 'object_not_in_prerequisite_state', hint = 'Take it back with pgpartition claim, then run pulumi up.';
  end if;
  return entry;
end
$function$;

-- One end of a partition as a time, from the text that the server prints in UTC. Null where it is open or no time.
create function :management.read_bound(bound text, encoding text, zone text) returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  plain text := btrim(bound, '''');
  units numeric;
begin
  if encoding = 'time' then
    if plain !~ '^\d{4,}-\d\d-\d\d' then return null; end if;
    if plain ~ '\d:\d\d(\.\d+)?[+-]\d' then return plain::timestamptz; end if;
    return plain::timestamp at time zone zone;
  end if;
  if encoding = 'uuidv7' then
    if plain !~ '^[0-9a-f]{8}-[0-9a-f]{4}-0000-0000-0{12}$' then return null; end if;
    units := ('x' || lpad(left(replace(plain, '-', ''), 12), 16, '0'))::bit(64)::bigint * 1000::numeric;
  else
    if plain !~ '^-?\d+$' then return null; end if;
    units := plain::numeric * case encoding when 'epoch-s' then 1000000 when 'epoch-ms' then 1000 else 1 end;
  end if;
  return timestamptz 'epoch' + div(units, 1000000)::bigint * interval '1 second' + mod(units, 1000000)::int * interval '1 microsecond';
end
$function$;

-- The direct partitions of a parent with their bounds as times; null for an open end, and for what is cut by anything else
-- than one time column. A partition that is half detached takes no rows and is left out.
create function :management.parts(parent regclass, encoding text, zone text)
returns table (partition oid, starts_at timestamptz, ends_at timestamptz)
language plpgsql stable
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO, MDY' as $function$
begin
  return query
    select c.oid, :management.read_bound(b.ends[1], parts.encoding, parts.zone), :management.read_bound(b.ends[2], parts.encoding, parts.zone)
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    cross join lateral regexp_match(
      pg_get_expr(c.relpartbound, 0), '^FOR VALUES FROM \((''[^'']*''|[^'',()]+)\) TO \((''[^'']*''|[^'',()]+)\)$'
    ) b (ends)
    where i.inhparent = parts.parent and not i.inhdetachpending;
end
$function$;

-- The direct partition of a parent that holds the whole of an interval, whatever it is called. Null: there is none.
create function :management.covering(
  parent_schema text, parent_name text, starts timestamptz, ends timestamptz, encoding text, zone text
) returns regclass
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  found_partition regclass;
begin
  select p.partition into found_partition
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  cross join lateral :management.parts(c.oid, covering.encoding, covering.zone) p
  where n.nspname = covering.parent_schema and c.relname = covering.parent_name
    and coalesce(p.starts_at, '-infinity') <= covering.starts
    and coalesce(p.ends_at, 'infinity') >= covering.ends
    -- The default partition has no bounds, and holds a range only until somebody makes its partition.
    and coalesce(p.starts_at, p.ends_at) is not null;
  return found_partition;
end
$function$;
