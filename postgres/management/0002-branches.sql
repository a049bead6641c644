-- The functions that make branches: of values that have appeared since the last update, with everything below them, built from
-- below and attached last, by the statements that the update rendered. Names follow the same rules; where that cannot be done
-- exactly, the value is refused and left to the next update. One part of a statement ends at a semicolon that an empty line
-- follows.
--
-- What has to be done for the branches that are missing, in this order: a branch directly above the time level is one step with
-- all its partitions, a higher one a table of its own that is attached when its parts are there.
create function :management.missing_branches(relation regclass) returns setof :management.branch_step
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  entry :management.registry := :management.managed_table(relation);
  deepest integer := :management.level_count(entry);
begin
  if deepest is null then return; end if;
  return query
    with wanted as materialized (select w.* from :management.wanted_branches(entry) w),
    there as materialized (select e.* from :management.existing_branches(entry) e),
    levels as materialized (
      select l.depth, l.branch_schema, l.attach_first
      from :management.prepared_levels l
      where l.schema_name = entry.schema_name and l.table_name = entry.table_name
    ),
    missing as materialized (
      select w.path, w.branch_name, w.refused, cardinality(w.path) as depth
      from wanted w
      where w.active and not exists (select from there e where e.path = w.path)
    ),
    refusals as (
      select m.* from missing m
      where m.refused is not null
        and not exists (select from missing a where a.refused is not null and a.depth < m.depth and a.path = m.path[1:a.depth])
    ),
    stems as materialized (
      select m.path from missing m
      where m.depth = deepest
        and not exists (select from missing a where a.refused is not null and a.path = m.path[1:a.depth])
    ),
    -- A branch without anything in use below it would hold nothing.
    due as materialized (
      select m.path, m.branch_name, m.depth, row_number() over (order by m.path collate "C") as place
      from missing m
      where exists (select from stems s where s.path[1:m.depth] = m.path)
    ),
    located as materialized (
      select
        d.path,
        d.branch_name,
        d.depth,
        d.place,
        l.branch_schema,
        l.attach_first,
        (select r.path from due r where r.path = d.path[1:r.depth] order by r.depth limit 1) as root,
        (select max(b.place) from due b where b.path[1:d.depth] = d.path) as last_place,
        coalesce(e.branch_schema, a.branch_schema, entry.schema_name) as parent_schema,
        coalesce(e.branch_name, p.branch_name, entry.table_name) as parent_name
      from due d
      join levels l on l.depth = d.depth
      left join there e on e.path = d.path[1:d.depth - 1]
      left join due p on p.path = d.path[1:d.depth - 1]
      left join levels a on a.depth = p.depth
    ),
    listed as (
      select r.path as root, r.path, 'refused' as kind, null::text as branch_schema, r.branch_name,
             null::text as parent_schema, null::text as parent_name, r.refused, 0::bigint as place, 0 as turn, r.depth
      from refusals r
      union all
      select s.root, s.path, case when s.depth = deepest then 'whole' else 'own' end, s.branch_schema, s.branch_name,
             s.parent_schema, s.parent_name, null, s.place, 0, s.depth
      from located s
      union all
      select s.root, s.path, 'attach', s.branch_schema, s.branch_name,
             s.parent_schema, s.parent_name, null, case when s.attach_first then s.place else s.last_place end, 1, s.depth
      from located s
      where s.depth < deepest
    )
    select :management.branch_key(i.root), i.path, i.kind, i.branch_schema, i.branch_name, i.parent_schema, i.parent_name, i.refused
    from listed i
    order by i.place, i.turn, i.depth desc, i.path collate "C";
end
$function$;

-- The direct partition of a table that holds one value. Null: there is none.
create function :management.branch_of_value(parent_schema text, parent_name text, value text) returns oid
language plpgsql stable set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO, MDY' as $function$
begin
  return (
    select c.oid
    from pg_namespace n
    join pg_class p on p.relnamespace = n.oid and p.relname = branch_of_value.parent_name
    join pg_inherits i on i.inhparent = p.oid and not i.inhdetachpending
    join pg_class c on c.oid = i.inhrelid
    where n.nspname = branch_of_value.parent_schema
      and :management.branch_value(pg_get_expr(c.relpartbound, 0)) = branch_of_value.value
    limit 1
  );
end
$function$;

-- What the window wants below a branch that is new, past intervals too.
create function :management.parts_of_new_branch(entry :management.registry, step :management.branch_step, as_of timestamptz)
returns setof :management.prepared
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  cut integer := :management.grid_of(entry, step.path);
  expired timestamptz := :management.horizon_of_grid(entry, cut, as_of);
begin
  return query
    select f.*
    from :management.prepared_parts p
    cross join lateral :management.part_of_branch(p, step.path, step.branch_schema, step.branch_name) f
    where p.schema_name = entry.schema_name and p.table_name = entry.table_name and p.grid = cut
      and p.due_at <= as_of and p.upper_bound > coalesce(expired, '-infinity')
    order by p.lower_bound;
end
$function$;

-- One step of a branch with its rows of the ledger, under the lock of the table; null where somebody has done it since. What an
-- interrupted run left, a table of ours without a parent, is known by the ledger and gone on with.
create function :management.make_branch(entry :management.registry, step :management.branch_step, as_of timestamptz) returns regclass
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
  key text := :management.branch_key(step.path);
  subject text := format('branch "%s"."%s" %s', step.branch_schema, step.branch_name, key);
  value text := step.path[cardinality(step.path)];
  level :management.prepared_levels;
  part :management.prepared;
  parts :management.prepared[] := '{}';
  statements text[] := '{}';
  holes jsonb := jsonb_build_object(
    'schema', step.parent_schema, 'parent', step.parent_name, 'name', step.branch_name, 'value', value
  );
  reason text;
  code text;
begin
  perform :management.lock_table(entry);
  if :management.branch_of_value(step.parent_schema, step.parent_name, value) is not null then return null; end if;
  if step.kind = 'own' and exists (
    select from :management.ledger l
    where l.partition_oid = to_regclass(format('%I.%I', step.branch_schema, step.branch_name))::oid
      and l.schema_name = entry.schema_name and l.table_name = entry.table_name
      and l.branch = key and l.lower_bound is null and l.upper_bound is null
  ) then return null; end if;
  select l.* into level
  from :management.prepared_levels l
  where l.schema_name = entry.schema_name and l.table_name = entry.table_name and l.depth = cardinality(step.path);
  if step.kind in ('own', 'whole') then
    statements := :management.fill_all(level.statements, holes);
  end if;
  if step.kind = 'whole' then
    for part in select * from :management.parts_of_new_branch(entry, step, as_of) loop
      parts := parts || part;
      statements := statements || part.statements;
    end loop;
  end if;
  if step.kind in ('attach', 'whole') then
    statements := statements || :management.fill(level.attach, holes);
  end if;
  begin
    perform :management.run_prepared(entry.schema_name, entry.table_name, statements, subject);
  -- Somebody else made it without the lock: a name that is taken, a value that has its partition.
  exception when duplicate_table or unique_violation or invalid_object_definition then
    get stacked diagnostics reason = message_text, code = returned_sqlstate;
    if :management.branch_of_value(step.parent_schema, step.parent_name, value) is not null then return null; end if;
    raise exception '% cannot be made: %', subject, reason
      using errcode = code, hint = 'What is in the way is not this branch. Run pulumi up: its preview names it.';
  end;
  if step.kind in ('own', 'whole') then
    perform :management.record_created(entry, key, step.branch_schema, step.branch_name, null, null);
  end if;
  foreach part in array parts loop
    perform :management.record_created(entry, key, part.partition_schema, part.partition_name, part.lower_bound, part.upper_bound);
  end loop;
  return to_regclass(format('%I.%I', step.branch_schema, step.branch_name));
end
$function$;

-- A branch by its key.
create function :management.branch_named(relation regclass, key text) returns regclass
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
  return (
    select b.branch from :management.existing_branches(:management.managed_table(relation)) b where :management.branch_key(b.path) = key
  );
end
$function$;

-- Makes the branches of values that have appeared, each as a part of the caller's transaction: whole, or nothing of it.
create function :management.make_values(relation regclass, as_of timestamptz, patience integer)
returns setof :management.branch_outcome
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
  entry :management.registry := :management.managed_table(relation);
  steps :management.branch_step[];
  step :management.branch_step;
  root_key text;
  root_name text;
  outcome :management.branch_outcome;
begin
  -- A source that changes every second must not queue for the lock of the table every time.
  if not exists (select from :management.missing_branches(relation)) then return; end if;
  perform :management.lock_table(entry, patience);
  steps := array(select m from :management.missing_branches(relation) m);
  for root_key in select s.root from unnest(steps) with ordinality s group by s.root order by min(s.ordinality) loop
    outcome := null;
    root_name := (select s.branch_name from unnest(steps) s where :management.branch_key(s.path) = root_key limit 1);
    begin
      for step in select * from unnest(steps) s where s.root = root_key loop
        if step.kind = 'refused' then
          outcome := (root_key, root_name, 'refused', step.refused);
          raise notice 'branch % is left to pulumi up: %', root_key, step.refused;
        elsif :management.make_branch(entry, step, as_of) is not null then
          outcome := (root_key, root_name, 'created', null);
        end if;
      end loop;
    exception when others then
      outcome := (root_key, root_name, 'failed', sqlerrm);
    end;
    if outcome.outcome is not null then return next outcome; end if;
  end loop;
end
$function$;

-- The branches of values that have appeared since the last update, within the transaction of the caller, who holds all its
-- locks until its end. One row for each: created, refused (left to the next update), or failed with the reason.
create function :management.ensure_values(relation regclass, as_of timestamptz default now())
returns setof :management.branch_outcome
language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
  return query select o.* from :management.make_values(relation, as_of, 120) o;
end
$function$;

-- For a trigger on a table that values are read from. Never keeps a row from being written: what cannot be made now is told,
-- and made by the schedule or the next update.
create function :management.values_changed() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
  -- No type of this schema: who may not use it must come as far as the exception below.
  outcome record;
  relation regclass := to_regclass(format('%I.%I', tg_argv[0], tg_argv[1]));
begin
  for outcome in select * from :management.make_values(relation, now(), 8) loop
    if outcome.outcome = 'failed' then
      raise warning 'branch % of table "%"."%" is left to the schedule: %', outcome.branch, tg_argv[0], tg_argv[1], outcome.detail;
    end if;
  end loop;
  return null;
exception when others then
  raise warning 'new branches of table "%"."%" are left to the schedule: %', tg_argv[0], tg_argv[1], sqlerrm;
  return null;
end
$function$;

