-- What the schedule makes of a table with levels above its time level: how a branch of each level is made, and the coming
-- partitions below any branch, rendered once for all of them. What differs from branch to branch, its names and its value, is a
-- hole in these texts, because values appear when no program runs. One part of a statement ends at a semicolon that an empty
-- line follows.
create table :management.prepared_levels (
  schema_name text not null,
  table_name text not null,
  -- 1 is the outermost.
  depth integer not null,
  kind text not null check (kind in ('list', 'hash')),
  -- Its values, or the remainders of a HASH level; null: they are read.
  given text[],
  -- The query that gives its values, each with its parent and whether it is in use.
  source text,
  -- The LIST level above that a parent is a value of.
  parent_depth integer,
  slug boolean not null,
  branch_schema text not null,
  branch_name jsonb not null,
  -- What makes the table of a branch.
  statements jsonb not null,
  attach jsonb not null,
  -- Attached while it is empty, before its parts are made.
  attach_first boolean not null,
  primary key (schema_name, table_name, depth),
  foreign key (schema_name, table_name) references :management.registry (schema_name, table_name)
    on update cascade on delete cascade
);

create table :management.prepared_parts (
  schema_name text not null,
  table_name text not null,
  -- 0 is the level's own way of cutting, then come its overrides.
  grid integer not null,
  -- Values of the levels above that it holds for; none: for all.
  fits jsonb not null,
  lower_bound timestamptz not null,
  upper_bound timestamptz not null,
  due_at timestamptz not null,
  horizon timestamptz,
  -- Before the interval that was the present one: only a branch that is new has it made.
  past boolean not null,
  partition_schema text not null,
  partition_name jsonb not null,
  statements jsonb not null,
  primary key (schema_name, table_name, grid, lower_bound),
  foreign key (schema_name, table_name) references :management.registry (schema_name, table_name)
    on update cascade on delete cascade
);

-- A step of the making of a branch. `root`: the outermost branch that is missing, after whose failure nothing of it is tried.
create type :management.branch_step as (
  root text, path text[], kind text, branch_schema text, branch_name text, parent_schema text, parent_name text, refused text
);

create type :management.branch_outcome as (branch text, branch_name text, outcome text, detail text);

-- A name that a template made, in 63 bytes: longer ones end in a hash of the whole. The same rule as in the program.
create function :management.fit_name(name text) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
declare
  kept text := '';
  letter text;
begin
  if name is null or octet_length(convert_to(name, 'UTF8')) <= 63 then return name; end if;
  for place in 1..length(name) loop
    letter := substr(name, place, 1);
    exit when octet_length(convert_to(kept || letter, 'UTF8')) > 54;
    kept := kept || letter;
  end loop;
  return kept || '_' || left(encode(sha256(convert_to(name, 'UTF8')), 'hex'), 8);
end
$function$;

-- Fills the holes of a text that an update rendered: each piece is text, or a hole that stands in quotation marks, whose
-- own quotes are repeated as often as those marks ask for. Null where a hole is unknown.
create function :management.fill(template jsonb, holes jsonb) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
declare
  piece jsonb;
  part text;
  filled text := '';
begin
  for piece in select p.value from jsonb_array_elements(template) with ordinality p (value, position) order by p.position loop
    if jsonb_typeof(piece) = 'string' then
      part := piece #>> '{}';
    else
      part := case
        when piece ? 'hole' then holes ->> (piece ->> 'hole')
        else :management.fit_name(:management.fill(piece -> 'fit', holes))
      end;
      part := replace(part, '"', repeat('"', coalesce((piece #>> '{quotes,0}')::int, 1)));
      part := replace(part, '''', repeat('''', coalesce((piece #>> '{quotes,1}')::int, 1)));
    end if;
    filled := filled || part;
  end loop;
  return filled;
end
$function$;

-- The same for a list of statements.
create function :management.fill_all(templates jsonb, holes jsonb) returns text[]
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
begin
  return array(
    select :management.fill(t.value, holes) from jsonb_array_elements(templates) with ordinality t (value, position) order by t.position
  );
end
$function$;

-- A branch as the ledger writes it; empty for the table itself.
create function :management.branch_key(path text[]) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
begin
  if cardinality(path) = 0 then return ''; end if;
  return '[' || (
    select string_agg(to_json(p.value)::text, ',' order by p.position) from unnest(path) with ordinality p (value, position)
  ) || ']';
end
$function$;

-- The value of a branch, from its bounds as the server prints them. Null for what is not one value.
create function :management.branch_value(bounds text) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
declare
  found_value text := coalesce(
    (regexp_match(bounds, '^FOR VALUES WITH \(modulus \d+, remainder (\d+)\)$'))[1],
    (regexp_match(bounds, '^FOR VALUES IN \((''(?:[^'']|'''')*''|[^'',()]+)\)$'))[1]
  );
begin
  if found_value = 'NULL' then return null; end if;
  if left(found_value, 1) <> '''' then return found_value; end if;
  return replace(substr(found_value, 2, length(found_value) - 2), '''''', '''');
end
$function$;

-- A value as a part of a name. The program also takes accents and letters of all scripts; what is more than ASCII can be
-- folded in other ways here, and is left to it: null.
create function :management.branch_label(value text, slug boolean) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
begin
  if not slug then return value; end if;
  if octet_length(convert_to(value, 'UTF8')) <> length(value) then return null; end if;
  return regexp_replace(lower(value collate "C"), '[^a-z0-9_]' collate "C", '', 'g');
end
$function$;

-- The values of all levels, read where they are read.
create function :management.level_values(entry :management.registry)
returns table (depth integer, value text, parent text, active boolean)
language plpgsql stable
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO, MDY' set standard_conforming_strings = on as $function$
declare
  level :management.prepared_levels;
begin
  for level in
    select l.* from :management.prepared_levels l
    where l.schema_name = entry.schema_name and l.table_name = entry.table_name
    order by l.depth
  loop
    if level.source is null then
      return query select level.depth, g.value, null::text, true from unnest(level.given) g (value);
    else
      return query execute format('select %s, s.value, s.parent, s.active from (%s) s', level.depth, level.source);
    end if;
  end loop;
end
$function$;

-- How many levels lie above the time level. Null: none.
create function :management.level_count(entry :management.registry) returns integer
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
  return (
    select max(l.depth) from :management.prepared_levels l where l.schema_name = entry.schema_name and l.table_name = entry.table_name
  );
end
$function$;

-- The branches that are attached, down to those directly above the time level.
create function :management.existing_branches(entry :management.registry)
returns table (path text[], branch_schema text, branch_name text, branch oid)
language plpgsql stable
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO, MDY' as $function$
declare
  levels integer := :management.level_count(entry);
begin
  return query
    with recursive tree as (
      select c.oid, '{}'::text[] as path
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = entry.schema_name and c.relname = entry.table_name
      union all
      select c.oid, t.path || b.value
      from tree t
      join pg_inherits i on i.inhparent = t.oid and not i.inhdetachpending
      join pg_class c on c.oid = i.inhrelid and c.relkind = 'p'
      cross join lateral :management.branch_value(pg_get_expr(c.relpartbound, 0) collate "default") b (value)
      where b.value is not null and cardinality(t.path) < levels
    )
    select t.path, n.nspname::text, c.relname::text, c.oid
    from tree t
    join pg_class c on c.oid = t.oid
    join pg_namespace n on n.oid = c.relnamespace
    where cardinality(t.path) > 0;
end
$function$;

-- Every branch that the declaration and the sources of values name; `active`: it and all above it are in use. `refused`: why
-- its name cannot be given here.
create function :management.wanted_branches(entry :management.registry)
returns table (path text[], active boolean, branch_name text, refused text)
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
  return query
    with recursive
    given as materialized (select v.* from :management.level_values(entry) v),
    there as materialized (select e.path, e.branch_name from :management.existing_branches(entry) e),
    tree as (
      select '{}'::text[] as path, true as active, entry.table_name as name, null::text as unnamed
      union all
      select t.path || v.value, t.active and v.active, n.name, case when n.name is null then coalesce(t.unnamed, v.value) end
      from tree t
      join :management.prepared_levels l
        on l.schema_name = entry.schema_name and l.table_name = entry.table_name and l.depth = cardinality(t.path) + 1
      join given v on v.depth = l.depth and (v.parent is null or v.parent = t.path[l.parent_depth])
      cross join lateral (
        select coalesce(
          :management.fill(
            l.branch_name, jsonb_build_object('base', t.name, 'label', :management.branch_label(v.value, l.slug))
          ),
          -- One that is there has its name, whoever gave it.
          (select e.branch_name from there e where e.path = t.path || v.value)
        ) as name
      ) n
    )
    select
      t.path,
      t.active,
      t.name,
      case
        when t.name is null then format('the value "%s" has characters that only an update makes a name of', t.unnamed)
        when count(*) over (partition by t.name) > 1 then format('another branch would be called "%s" too', t.name)
      end
    from tree t
    where cardinality(t.path) > 0;
end
$function$;

-- The way in which a branch is cut by time: the first override that fits its values, else that of the level.
create function :management.grid_of(entry :management.registry, path text[]) returns integer
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
  return (
    select coalesce(min(p.grid) filter (where p.grid > 0), 0)
    from (
      select distinct g.grid, g.fits
      from :management.prepared_parts g
      where g.schema_name = entry.schema_name and g.table_name = entry.table_name
    ) p
    where not exists (
      select from jsonb_to_recordset(p.fits) f (depth integer, value text) where path[f.depth] is distinct from f.value
    )
  );
end
$function$;

-- The branches directly above the time level that are there and in use, with the way in which each is cut by time.
create function :management.stems_in_use(entry :management.registry)
returns table (path text[], branch_schema text, branch_name text, branch oid, grid integer)
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
  return query
    with there as materialized (select e.* from :management.existing_branches(entry) e),
    wanted as materialized (select w.path from :management.wanted_branches(entry) w where w.active)
    select e.path, e.branch_schema, e.branch_name, e.branch, :management.grid_of(entry, e.path)
    from there e
    join wanted w on w.path = e.path
    where cardinality(e.path) = :management.level_count(entry);
end
$function$;

-- A partition of one branch, as make_partition() takes it.
create function :management.part_of_branch(part :management.prepared_parts, path text[], stem_schema text, stem_name text)
returns :management.prepared
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
declare
  holes jsonb := jsonb_build_object('schema', stem_schema, 'parent', stem_name);
  filled :management.prepared;
begin
  filled.schema_name := part.schema_name;
  filled.table_name := part.table_name;
  filled.branch := :management.branch_key(path);
  filled.lower_bound := part.lower_bound;
  filled.upper_bound := part.upper_bound;
  filled.parent_schema := stem_schema;
  filled.parent_name := stem_name;
  filled.partition_schema := part.partition_schema;
  filled.partition_name := :management.fill(part.partition_name, holes);
  filled.due_at := part.due_at;
  filled.horizon := part.horizon;
  filled.statements := :management.fill_all(part.statements, holes);
  return filled;
end
$function$;

-- What ended then or before has expired in a branch that is cut this way. Null: nothing has.
create function :management.horizon_of_grid(entry :management.registry, grid integer, as_of timestamptz) returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
  return (
    select p.horizon
    from :management.prepared_parts p
    where p.schema_name = entry.schema_name and p.table_name = entry.table_name
      and p.grid = horizon_of_grid.grid and p.lower_bound <= as_of
    order by p.lower_bound desc
    limit 1
  );
end
$function$;

-- Partitions that the branches in use lack: those of one moment, or without it those that the window wants.
create function :management.missing_in_branches(entry :management.registry, as_of timestamptz, at timestamptz)
returns setof :management.prepared
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  encoding text := coalesce(entry."window" -> 'key' ->> 'encoding', 'time');
  zone text := coalesce(entry."window" -> 'key' ->> 'zone', 'UTC');
begin
  return query
    with stems as materialized (select s.* from :management.stems_in_use(entry) s),
    horizons as materialized (
      select g.grid, :management.horizon_of_grid(entry, g.grid, as_of) as horizon from (select distinct s.grid from stems s) g
    ),
    due as materialized (
      select p as part, p.grid, p.lower_bound, p.upper_bound
      from :management.prepared_parts p
      join horizons h on h.grid = p.grid
      where p.schema_name = entry.schema_name and p.table_name = entry.table_name and not p.past
        and case
          when missing_in_branches.at is null then p.due_at <= as_of and p.upper_bound > coalesce(h.horizon, '-infinity')
          else p.lower_bound <= missing_in_branches.at and p.upper_bound > missing_in_branches.at
        end
    ),
    attached as materialized (
      select s.branch, a.starts_at, a.ends_at
      from stems s
      cross join lateral :management.parts(s.branch, encoding, zone) a
      where coalesce(a.starts_at, a.ends_at) is not null
    )
    select f.*
    from stems s
    join due d on d.grid = s.grid
    cross join lateral :management.part_of_branch(d.part, s.path, s.branch_schema, s.branch_name) f
    where not exists (
      select from attached a
      where a.branch = s.branch
        and coalesce(a.starts_at, '-infinity') <= d.lower_bound
        and coalesce(a.ends_at, 'infinity') >= d.upper_bound
    )
    order by d.lower_bound, s.path collate "C";
end
$function$;

