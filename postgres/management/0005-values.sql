-- No value keeps another from having its branch, and no writer of a table that values are read from is kept from writing. One
-- part of a statement ends at a semicolon that an empty line follows.
--
-- A value as a part of a name. One of which nothing is left is known by a hash; what is more than ASCII can be folded in other
-- ways here than in the program, and is left to it: null.
create or replace function :management.branch_label(value text, slug boolean) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
declare
  label text := value;
begin
  if slug then
    if octet_length(convert_to(value, 'UTF8')) <> length(value) then return null; end if;
    label := regexp_replace(lower(value collate "C"), '[^a-z0-9_]' collate "C", '', 'g');
  end if;
  if label = '' then return left(encode(sha256(convert_to(value, 'UTF8')), 'hex'), 8); end if;
  return label;
end
$function$;

-- The name of a branch whose own is another's: with a hash of its values. The same rule as in the program.
create function :management.told_apart(name text, path text[]) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
begin
  return :management.fit_name(
    name || '_' || left(encode(sha256(convert_to(:management.branch_key(path), 'UTF8')), 'hex'), 8)
  );
end
$function$;

-- Every branch that the declaration and the sources of values name; `active`: it and all above it are in use. One that is there
-- keeps the name that it has. Of those that want one name the first has it, those in use before the others, and a hash tells
-- the others apart. `refused`: why its name cannot be given here.
create or replace function :management.wanted_branches(entry :management.registry)
returns table (path text[], active boolean, branch_name text, refused text)
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
  return query
    with recursive
    given as materialized (select v.* from :management.level_values(entry) v),
    there as materialized (select e.path, e.branch_name from :management.existing_branches(entry) e),
    tree as (
      select '{}'::text[] as path, true as active, entry.table_name as name, null::text as unnamed, true as stands
      union all
      select
        c.path,
        c.active,
        case
          when c.kept is not null then c.kept
          when c.turn = 1 and c.name <> entry.table_name and not exists (select from there x where x.branch_name = c.name) then c.name
          else :management.told_apart(c.name, c.path)
        end,
        case when coalesce(c.kept, c.name) is null then coalesce(c.unnamed, c.value) end,
        c.kept is not null
      from (
        select
          t.path || v.value as path,
          t.active and v.active as active,
          t.unnamed,
          v.value,
          k.branch_name as kept,
          f.name,
          row_number() over (
            partition by f.name, k.branch_name is null order by (t.active and v.active) desc, (t.path || v.value) collate "C"
          ) as turn
        from tree t
        join :management.prepared_levels l
          on l.schema_name = entry.schema_name and l.table_name = entry.table_name and l.depth = cardinality(t.path) + 1
        join given v on v.depth = l.depth and (v.parent is null or v.parent = t.path[l.parent_depth])
        left join there k on k.path = t.path || v.value
        cross join lateral :management.fill(
          l.branch_name, jsonb_build_object('base', t.name, 'label', :management.branch_label(v.value, l.slug))
        ) f (name)
      ) c
    ),
    named as (
      select
        t.*,
        row_number() over (partition by t.name order by t.stands desc, cardinality(t.path), t.path collate "C") as turn
      from tree t
    )
    select
      n.path,
      n.active,
      n.name,
      case
        when n.name is null then format('the value "%s" has characters that only an update makes a name of', n.unnamed)
        when n.turn > 1 and not n.stands then format('another branch would be called "%s" too', n.name)
      end
    from named n
    where cardinality(n.path) > 0;
end
$function$;

-- Until when the work that a writer waits for may take. Null: as long as it takes.
create function :management.deadline() returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
  -- In seconds: text of a time depends on the settings of the session.
  return to_timestamp(nullif(current_setting('pgpartition.deadline', true), '')::double precision);
end
$function$;

-- Takes the lock that every update of the table holds while it works. Waits for half a minute, or as many quarters of a second
-- as the caller says: an update that is under way makes what is missing by itself.
create or replace function :management.lock_table(entry :management.registry, patience integer default 120) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
  key bigint := hashtextextended('pgpartition:' || entry.schema_name || '.' || entry.table_name, 0);
  deadline timestamptz := :management.deadline();
begin
  for attempt in 1..patience loop
    if pg_try_advisory_xact_lock(key) then return; end if;
    exit when clock_timestamp() + interval '0.25 seconds' > deadline;
    perform pg_sleep(0.25);
  end loop;
  raise exception 'an update works on table "%"."%" and did not end within % s', entry.schema_name, entry.table_name, patience / 4
    using errcode = 'lock_not_available', hint = 'It makes what is missing itself; otherwise try again when it has ended.';
end
$function$;

-- Runs the stored statements for a table, exactly as they are, as its owner where that is allowed: what is made belongs to the
-- owner of the table, whoever runs the schedule. A lock that stops others is waited for a tenth of a second at a time.
create or replace function :management.run_prepared(schema_name text, table_name text, statements text[], subject text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO, MDY' set standard_conforming_strings = on
set lock_timeout = '100ms' as $function$
declare
  owner name;
  role text := current_setting('role');
  statement text;
  attempt int := 1;
  deadline timestamptz := :management.deadline();
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
        if deadline is not null then
          perform :management.keep_to(deadline, subject);
        end if;
        execute statement;
      end loop;
      perform set_config('role', role, true);
      return;
    exception
      when lock_not_available or deadlock_detected then
        if attempt = 20 or clock_timestamp() + interval '0.3 seconds' > deadline then
          raise exception '% cannot be made: a lock was not to be had in % tries', subject, attempt
            using errcode = 'lock_not_available', hint = 'A long transaction holds the table, or one that it refers to. Nothing was changed.';
        end if;
        attempt := attempt + 1;
        perform pg_sleep(0.05 + 0.25 * random());
    end;
  end loop;
end
$function$;

-- Before each statement that a writer waits for: no wait for a lock that would go beyond the time that there is for it.
create function :management.keep_to(deadline timestamptz, subject text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
  left_over integer := 1000 * extract(epoch from deadline - clock_timestamp());
begin
  if left_over < 1 then
    raise exception '% takes longer than the statement that it is a part of has time', subject
      using errcode = 'operator_intervention', hint = 'statement_timeout is the writer''s: half of what is left of it is used here.';
  end if;
  perform set_config('lock_timeout', least(100, left_over)::text, true);
end
$function$;

-- One step of a branch with its rows of the ledger, under the lock of the table; null where it has been done since. What an
-- interrupted run left, a table of ours without a parent, is known by the ledger and gone on with. A branch of which no part
-- could be made is not attached: it would hold nothing.
create or replace function :management.make_branch(entry :management.registry, step :management.branch_step, as_of timestamptz) returns regclass
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
  if step.kind = 'attach' and not level.attach_first and not exists (
    select from pg_inherits i where i.inhparent = to_regclass(format('%I.%I', step.branch_schema, step.branch_name))::oid
  ) then
    raise exception '% is not attached: none of its parts could be made', subject
      using errcode = 'object_not_in_prerequisite_state', hint = 'What is in the way of them is told beside this.';
  end if;
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
  -- Another session made it without the lock: a name that is taken, a value that has its partition.
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

-- Makes the branches of values that have appeared, each as a part of the caller's transaction: whole, or nothing of it. Below a
-- new branch too a value that cannot have its own keeps no other from having it.
create or replace function :management.make_values(relation regclass, as_of timestamptz, patience integer)
returns setof :management.branch_outcome
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
  entry :management.registry := :management.managed_table(relation);
  steps :management.branch_step[];
  step :management.branch_step;
  root_key text;
  root_name text;
  outcome :management.branch_outcome;
  failures :management.branch_outcome[];
  made integer;
begin
  -- A source that changes every second must not queue for the lock of the table every time.
  if not exists (select from :management.missing_branches(relation)) then return; end if;
  perform :management.lock_table(entry, patience);
  steps := array(select m from :management.missing_branches(relation) m);
  for root_key in select s.root from unnest(steps) with ordinality s group by s.root order by min(s.ordinality) loop
    outcome := null;
    failures := '{}';
    made := 0;
    root_name := (select s.branch_name from unnest(steps) s where :management.branch_key(s.path) = root_key limit 1);
    begin
      for step in select * from unnest(steps) s where s.root = root_key loop
        if step.kind = 'refused' then
          outcome := (root_key, root_name, 'refused', step.refused);
        elsif step.kind <> 'own' and :management.branch_key(step.path) <> root_key then
          begin
            if :management.make_branch(entry, step, as_of) is not null then
              outcome := (root_key, root_name, 'created', null);
            end if;
            made := made + (step.kind = 'whole')::integer;
          exception when assert_failure or others then
            failures := failures || (:management.branch_key(step.path), step.branch_name, 'failed', sqlerrm):::management.branch_outcome;
          end;
        elsif :management.make_branch(entry, step, as_of) is not null then
          outcome := (root_key, root_name, 'created', null);
        end if;
      end loop;
      if made = 0 and cardinality(failures) > 0 then
        raise exception '%', (failures[1]).detail;
      end if;
    exception when assert_failure or others then
      outcome := (root_key, root_name, 'failed', coalesce((failures[1]).detail, sqlerrm));
      failures := '{}';
    end;
    if outcome.outcome is not null then return next outcome; end if;
    return query select f.* from unnest(failures) f;
  end loop;
end
$function$;

-- For the schedule: makes whatever the window wants, one partition a transaction, each tried, failures told together. Branches
-- of values that have appeared come first, each step a transaction as in an update. After a failure nothing more of a branch is
-- tried, but of one part among several below a new branch: the others are made all the same.
create or replace procedure :management.ensure_window(relation regclass, as_of timestamptz default now())
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
    exception when assert_failure or others then
      failures := pg_catalog.concat_ws('; ', failures, sqlerrm);
      code := coalesce(code, sqlstate);
      if step.kind operator(pg_catalog.=) 'own' or :management.branch_key(step.path) operator(pg_catalog.=) step.root then
        failed := pg_catalog.array_append(failed, step.root);
      end if;
    end;
    commit;
  end loop;
  for what in select * from :management.missing_partitions(relation, as_of) loop
    begin
      perform :management.make_partition(:management.managed_table(relation), what);
    exception when assert_failure or others then
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

-- Until when the trigger may work in the statement of a writer: half of what its time-outs leave, so that it is never the
-- trigger that uses them up. Null: the writer has none.
create function :management.time_of_writer() returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
  return (
    select min(clock_timestamp() + (ends.at - clock_timestamp()) / 2)
    from (
      select case s.name when 'statement_timeout' then statement_timestamp() else now() end
             + s.setting::bigint * interval '1 millisecond' as at
      from pg_settings s
      where s.name in ('statement_timeout', 'transaction_timeout') and s.setting <> '0'
    ) ends
  );
end
$function$;

-- For a trigger on a table that values are read from. Never keeps a row from being written, whatever rights the writer has and
-- whatever became of the tables and functions of this schema: what cannot be made now is told in one warning, and made by the
-- schedule or the next update. What ends the writer's own statement, its statement_timeout or a request to cancel it, is the
-- writer's and goes on to it.
create or replace function :management.values_changed() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp set lock_timeout = '100ms' set standard_conforming_strings = on as $function$
declare
  -- Nothing is looked up here, and no type of this schema is named: what fails before the block below fails the writer.
  outcome record;
  failures text;
  refusals text;
begin
  begin
    -- It would read all values, and so be in the way of every other writer who adds one: one of the two would lose its transaction.
    if current_setting('transaction_isolation') = 'serializable' then
      raise exception 'a serializable transaction makes none' using errcode = 'feature_not_supported';
    end if;
    perform set_config('pgpartition.deadline', coalesce(extract(epoch from :management.time_of_writer())::text, ''), true);
    for outcome in
      select o.* from :management.make_values(to_regclass(format('%I.%I', tg_argv[0], tg_argv[1])), now(), 8) o
    loop
      if outcome.outcome = 'failed' then
        failures := concat_ws('; ', failures, format('%s: %s', coalesce(outcome.branch_name, outcome.branch), outcome.detail));
      elsif outcome.outcome = 'refused' then
        refusals := concat_ws('; ', refusals, format('%s: %s', outcome.branch, outcome.detail));
      end if;
    end loop;
    perform set_config('pgpartition.deadline', '', true);
  exception when assert_failure or others then
    failures := sqlerrm;
  end;
  if failures is not null then
    raise warning 'new branches of table "%"."%" are left to the schedule: %', tg_argv[0], tg_argv[1], failures;
  elsif refusals is not null then
    raise notice 'new branches of table "%"."%" are left to pulumi up: %', tg_argv[0], tg_argv[1], refusals;
  end if;
  return null;
end
$function$;

