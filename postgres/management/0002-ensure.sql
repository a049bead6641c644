-- The functions that make prepared partitions: under the lock of every update, with short waits, exactly as they were rendered.
-- Arguments are typed and looked up in the registry; everything runs with the rights of who calls. One part of a statement
-- ends at a semicolon that an empty line follows.
--
-- Takes the lock that every update of the table holds while it works. Waits for half a minute, or as many quarters of a second
-- as the caller says: an update that is under way makes what is missing by itself.
create function :management.lock_table(entry :management.registry, patience integer default 120) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
  key bigint := hashtextextended('pgpartition:' || entry.schema_name || '.' || entry.table_name, 0);
begin
  for attempt in 1..patience loop
    if pg_try_advisory_xact_lock(key) then return; end if;
    perform pg_sleep(0.25);
  end loop;
  raise exception 'an update works on table "%"."%" and did not end within % s', entry.schema_name, entry.table_name, patience / 4
    using errcode = 'lock_not_available', hint = 'It makes what is missing itself; otherwise try again when it has ended.';
end
$function$;

create function :management.may_become(owner name) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
  -- PostgreSQL 16 tells membership from the right to SET ROLE.
  return pg_has_role(current_user, owner, case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end);
end
$function$;

-- Runs the stored statements for a table, exactly as they are, as its owner where that is allowed: what is made belongs to the
-- owner of the table, whoever runs the schedule. A lock that stops others is waited for a tenth of a second at a time.
create function :management.run_prepared(schema_name text, table_name text, statements text[], subject text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO, MDY' set standard_conforming_strings = on
set lock_timeout = '100ms' as $function$
declare
  owner name;
  role text := current_setting('role');
  statement text;
  attempt int := 1;
begin
  select pg_get_userbyid(c.relowner) into owner
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = run_prepared.schema_name and c.relname = run_prepared.table_name;
  loop
    begin
      if owner <> current_user and :management.may_become(owner) then
        perform set_config('role', owner, true);
      end if;
      foreach statement in array statements loop
        execute statement;
      end loop;
      perform set_config('role', role, true);
      return;
    exception
      when lock_not_available or deadlock_detected then
        if attempt = 20 then
          raise exception '% cannot be made: a lock was not to be had in % tries', subject, attempt
            using errcode = 'lock_not_available', hint = 'A long transaction holds the table, or one that it refers to. Nothing was changed.';
        end if;
        attempt := attempt + 1;
        perform pg_sleep(0.05 + 0.25 * random());
    end;
  end loop;
end
$function$;

create function :management.record_created(
  entry :management.registry, branch text, partition_schema text, partition_name text, starts timestamptz, ends timestamptz
) returns oid
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
  made oid;
begin
  select c.oid into made
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = partition_schema and c.relname = record_created.partition_name;
  insert into :management.ledger (schema_name, table_name, branch, partition_name, partition_oid, lower_bound, upper_bound, event, run)
  values (entry.schema_name, entry.table_name, record_created.branch, record_created.partition_name, made, starts, ends, 'created', 'schedule');
  return made;
end
$function$;

-- Makes one prepared partition, or finds that its range is there already; null in the second case. Runs exactly the stored
-- statements, and the row of the ledger with them.
create function :management.make_partition(entry :management.registry, what :management.prepared) returns regclass
language plpgsql set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO, MDY' as $function$
declare
  encoding text := coalesce(entry."window" -> 'key' ->> 'encoding', 'time');
  zone text := coalesce(entry."window" -> 'key' ->> 'zone', 'UTC');
  subject text := format('partition "%s"."%s" [%s, %s)', what.partition_schema, what.partition_name, what.lower_bound, what.upper_bound);
  reason text;
  code text;
begin
  perform :management.lock_table(entry);
  if :management.covering(what.parent_schema, what.parent_name, what.lower_bound, what.upper_bound, encoding, zone) is not null then
    return null;
  end if;
  perform :management.run_prepared(entry.schema_name, entry.table_name, what.statements, subject);
  return :management.record_created(
    entry, what.branch, what.partition_schema, what.partition_name, what.lower_bound, what.upper_bound
  )::regclass;
-- Somebody else made it without the lock: a name that is taken, a type of that name, a range that overlaps.
exception when duplicate_table or unique_violation or invalid_object_definition then
  get stacked diagnostics reason = message_text, code = returned_sqlstate;
  if :management.covering(what.parent_schema, what.parent_name, what.lower_bound, what.upper_bound, encoding, zone) is not null then
    return null;
  end if;
  raise exception '% cannot be made: %', subject, reason
    using errcode = code, hint = 'What is in the way is not a partition of this range. Run pulumi up: its preview names it.';
end
$function$;

-- What ended then or before has expired at this moment. Null: nothing has.
create function :management.horizon(entry :management.registry, as_of timestamptz) returns timestamptz
language sql stable set search_path = pg_catalog, pg_temp as $function$
  select p.horizon
  from (
    select p.lower_bound, p.horizon from :management.prepared p where p.schema_name = entry.schema_name and p.table_name = entry.table_name
    union all
    select p.lower_bound, p.horizon from :management.prepared_parts p
    where p.schema_name = entry.schema_name and p.table_name = entry.table_name and p.grid = 0
  ) p
  where p.lower_bound <= as_of
  order by p.lower_bound desc
  limit 1
$function$;

-- What the window wants at a moment, was prepared, and is not there.
create function :management.missing_partitions(relation regclass, as_of timestamptz) returns setof :management.prepared
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  entry :management.registry := :management.managed_table(relation);
  encoding text := coalesce(entry."window" -> 'key' ->> 'encoding', 'time');
  zone text := coalesce(entry."window" -> 'key' ->> 'zone', 'UTC');
begin
  return query select m.* from :management.missing_in_branches(entry, as_of, null) m;
  return query
    with due as (
      select p.*
      from :management.prepared p
      where p.schema_name = entry.schema_name and p.table_name = entry.table_name
        and p.due_at <= as_of
        and p.upper_bound > coalesce(:management.horizon(entry, as_of), '-infinity')
    ),
    -- As in covering(), read once for all.
    attached as materialized (
      select d.parent_schema, d.parent_name, p.starts_at, p.ends_at
      from (select distinct due.parent_schema, due.parent_name from due) d
      join pg_namespace n on n.nspname = d.parent_schema
      join pg_class c on c.relnamespace = n.oid and c.relname = d.parent_name
      cross join lateral :management.parts(c.oid, encoding, zone) p
      where coalesce(p.starts_at, p.ends_at) is not null
    )
    select due.*
    from due
    where not exists (
      select from attached a
      where a.parent_schema = due.parent_schema and a.parent_name = due.parent_name
        and coalesce(a.starts_at, '-infinity') <= due.lower_bound
        and coalesce(a.ends_at, 'infinity') >= due.upper_bound
    )
    order by due.lower_bound, due.branch;
end
$function$;

-- Fails when there is nothing left to make: a schedule that is silent about that would end with refused rows.
create function :management.assert_prepared(relation regclass, as_of timestamptz) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
  entry :management.registry := :management.managed_table(relation);
begin
  if not exists (
    select from :management.prepared p where p.schema_name = entry.schema_name and p.table_name = entry.table_name and p.upper_bound > as_of
  ) and not exists (
    select from :management.prepared_parts p
    where p.schema_name = entry.schema_name and p.table_name = entry.table_name and p.upper_bound > as_of
  ) then
    raise exception 'nothing is prepared for table % from % on', relation, as_of
      using errcode = 'object_not_in_prerequisite_state', hint = 'Run pulumi up: it prepares the coming intervals.';
  end if;
end
$function$;

-- For the schedule: makes whatever the window wants, one partition a transaction, each tried, failures told together. Branches
-- of values that have appeared come first, each step a transaction as in an update; after a failure nothing more of a branch is
-- tried.
create procedure :management.ensure_window(relation regclass, as_of timestamptz default now())
language plpgsql as $procedure$
declare
  what :management.prepared;
  step :management.branch_step;
  failures text;
  code text;
  failed text[] := '{}';
begin
  for step in select * from :management.missing_branches(relation) loop
    continue when step.root operator(pg_catalog.=) any (failed);
    begin
      if step.kind operator(pg_catalog.=) 'refused' then
        raise exception 'branch % is left to pulumi up: %', step.root, step.refused using errcode = 'feature_not_supported';
      end if;
      perform :management.make_branch(:management.managed_table(relation), step, as_of);
    exception when others then
      failures := pg_catalog.concat_ws('; ', failures, sqlerrm);
      code := coalesce(code, sqlstate);
      failed := pg_catalog.array_append(failed, step.root);
    end;
    commit;
  end loop;
  for what in select * from :management.missing_partitions(relation, as_of) loop
    begin
      perform :management.make_partition(:management.managed_table(relation), what);
    exception when others then
      failures := pg_catalog.concat_ws('; ', failures, sqlerrm);
      code := coalesce(code, sqlstate);
    end;
    commit;
  end loop;
  if code is not null then
    raise exception '%', failures using errcode = code;
  end if;
  perform :management.assert_prepared(relation, as_of);
end
$procedure$;

comment on procedure :management.ensure_window(regclass, timestamptz) is
  'Makes the partitions that the window wants, one a transaction. It commits, so inside a transaction or a function use ensure_partitions.';

-- The same within the transaction of the caller, who holds all its locks until its end.
create function :management.ensure_partitions(relation regclass, as_of timestamptz default now()) returns setof regclass
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
  what :management.prepared;
  branch :management.branch_outcome;
  made regclass;
begin
  for branch in select * from :management.make_values(relation, as_of, 120) loop
    if branch.outcome = 'failed' then raise exception '%', branch.detail; end if;
    if branch.outcome = 'created' then
      made := :management.branch_named(relation, branch.branch);
      return next made;
    end if;
  end loop;
  for what in select * from :management.missing_partitions(relation, as_of) loop
    made := :management.make_partition(:management.managed_table(relation), what);
    if made is not null then return next made; end if;
  end loop;
  -- What was made must not be undone by the error that nothing more is prepared.
  if made is null then perform :management.assert_prepared(relation, as_of); end if;
end
$function$;

-- The partition that takes a row of this moment; made if it is missing and was prepared. Below every branch in use where there
-- are levels above the time level, and then it gives the table: only a row says which partition takes it.
create function :management.ensure_partition(relation regclass, at timestamptz) returns regclass
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
  entry :management.registry := :management.managed_table(relation);
  encoding text := coalesce(entry."window" -> 'key' ->> 'encoding', 'time');
  zone text := coalesce(entry."window" -> 'key' ->> 'zone', 'UTC');
  what :management.prepared;
  found_partition regclass;
begin
  if at is null or not isfinite(at) then
    raise exception 'the time of a partition is missing' using errcode = 'invalid_parameter_value';
  end if;
  if :management.level_count(entry) is not null then
    if not exists (select from :management.stems_in_use(entry)) then
      raise exception 'table % has no branch in use', relation
        using errcode = 'object_not_in_prerequisite_state', hint = 'ensure_values() makes those of new values; pulumi up all of them.';
    end if;
    for what in select * from :management.missing_in_branches(entry, at, at) loop
      perform :management.make_partition(entry, what);
    end loop;
    if exists (
      select from :management.stems_in_use(entry) s
      where :management.covering(s.branch_schema, s.branch_name, at, at + interval '1 microsecond', encoding, zone) is null
    ) then
      raise exception 'no partition of table % is prepared for %', relation, at
        using errcode = 'object_not_in_prerequisite_state', hint = 'Run pulumi up: it makes the partitions of the window and prepares the coming ones.';
    end if;
    return relation;
  end if;
  found_partition := :management.covering(entry.schema_name, entry.table_name, at, at + interval '1 microsecond', encoding, zone);
  if found_partition is not null then return found_partition; end if;
  for what in
    select p.* from :management.prepared p
    where p.schema_name = entry.schema_name and p.table_name = entry.table_name and p.lower_bound <= at and p.upper_bound > at
    order by p.branch
  loop
    perform :management.make_partition(entry, what);
    found_partition := :management.covering(what.parent_schema, what.parent_name, what.lower_bound, what.upper_bound, encoding, zone);
  end loop;
  if found_partition is null then
    raise exception 'no partition of table % is prepared for %', relation, at
      using errcode = 'object_not_in_prerequisite_state', hint = 'Run pulumi up: it makes the partitions of the window and prepares the coming ones.';
  end if;
  return found_partition;
end
$function$;

-- A time without a zone is read by the calendar that the table is cut by.
create function :management.ensure_partition(relation regclass, at timestamp) returns regclass
language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
  return :management.ensure_partition(relation, at at time zone coalesce((:management.managed_table(relation))."window" -> 'key' ->> 'zone', 'UTC'));
end
$function$;

create function :management.ensure_partition(relation regclass, at date) returns regclass
language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
  return :management.ensure_partition(relation, at::timestamp);
end
$function$;

