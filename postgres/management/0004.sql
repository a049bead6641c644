-- Archives: the fence around a table that is being exported, its parts, and the proof that a drop asks for. Everything runs with
-- the rights of who asks. One part of a statement ends at a semicolon that an empty line follows.
alter table :management.ledger drop constraint if exists ledger_event_check;

alter table :management.ledger add constraint ledger_event_check check (
  event in (
    'created', 'adopted', 'attached', 'approved', 'detaching', 'detached', 'dropped', 'released', 'claimed', 'destroying',
    'fenced', 'exporting', 'archived', 'doubted', 'restoring', 'restored'
  )
);

-- One row for each part of an export (a row of the ledger), written before its object is: what was killed in between is found again by it. A part that
-- had to be made anew has several rows, of which the last counts.
create table :management.archive_parts (
  id bigint generated always as identity primary key,
  export bigint not null,
  part integer not null check (part > 0),
  relation oid not null,
  first_tid tid not null,
  end_tid tid not null,
  row_count bigint not null,
  text_bytes bigint not null,
  text_sha256 text not null,
  object_key text not null,
  bytes bigint not null,
  sha256 text not null,
  at timestamptz not null default now(),
  run text not null
);

comment on table :management.archive_parts is
  'One row for each part of an export: rows of which table between which places, as which object, with which hashes.';

create index archive_parts_by_export on :management.archive_parts (export, part, id);

create function :management.refuse_part_change() returns trigger language plpgsql set search_path = pg_catalog as $function$
begin
  raise exception 'the parts of archives are only ever added to: % is refused', tg_op using errcode = 'insufficient_privilege';
end
$function$;

create trigger archive_parts_are_append_only before update or delete or truncate on :management.archive_parts
for each statement execute function :management.refuse_part_change();

create function :management.refuse_write() returns trigger language plpgsql set search_path = pg_catalog as $function$
begin
  if tg_nargs > 0 then
    raise exception 'partition "%"."%" was restored from its archive and is read-only: % is refused', tg_table_schema, tg_table_name, lower(tg_op)
      using errcode = 'object_not_in_prerequisite_state',
        hint = 'Its range lies outside of the window of the table; a longer retention opens it.';
  end if;
  raise exception 'table "%"."%" has expired and is archived: % is refused', tg_table_schema, tg_table_name, lower(tg_op)
    using errcode = 'object_not_in_prerequisite_state',
      hint = 'Rows for its range belong into the partitioned table; a longer retention brings the partition back.';
end
$function$;

-- A table and, where it is cut further, everything below it.
create function :management.table_and_parts(relation oid) returns setof oid
language sql stable set search_path = pg_catalog as $function$
  select table_and_parts.relation
  union
  select t.relid::oid from pg_partition_tree(table_and_parts.relation) t
$function$;

-- What the fence is at this moment, as one text: another one means that it was open in between. The row version of a trigger
-- changes with every change of it, also with one that is taken back.
create function :management.fence_mark(relation oid) returns text
language sql stable set search_path = pg_catalog as $function$
  select md5(string_agg(part.mark, ' ' order by part.mark))
  from (
    select c.oid::text || ':' || c.relrowsecurity || ':' || coalesce((
      select string_agg(g.oid::text || ',' || g.xmin::text || ',' || g.tgenabled::text, ';' order by g.oid)
      from pg_trigger g
      where g.tgrelid = c.oid and g.tgname in ('pgpartition_fence', 'pgpartition_fence_truncate')
    ), 'none') || ':' || coalesce((
      select string_agg(a.attnum || ',' || a.attname || ',' || a.atttypid || ',' || a.atttypmod || ',' || a.attisdropped, ';' order by a.attnum)
      from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0
    ), '') as mark
    from pg_class c
    where c.oid in (select :management.table_and_parts(fence_mark.relation))
  ) part
$function$;

-- Nobody writes to the table any more: not its grantees, and by the triggers not its owner, a cascading delete, a subscription
-- or a session with its triggers switched off. Its foreign keys go, because a delete of a referenced row would meet the fence;
-- FORCE of row security goes, because it would hide rows from the export. Returns the mark.
create function :management.fence(relation oid) returns text
language plpgsql set search_path = pg_catalog as $function$
declare
  member oid;
  one record;
  management regnamespace := (
    select c.relnamespace from :management.version v join pg_class c on c.oid = v.tableoid limit 1
  );
begin
  for one in
    select k.conname, k.conrelid from pg_constraint k
    where k.conrelid = fence.relation and k.contype = 'f' and k.conparentid = 0
    order by k.conname
  loop
    execute format('alter table %s drop constraint %I', one.conrelid::regclass, one.conname);
  end loop;
  for member in select :management.table_and_parts(fence.relation) loop
    if (select c.relforcerowsecurity from pg_class c where c.oid = member) then
      execute format('alter table %s no force row level security', member::regclass);
    end if;
    for one in
      select distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as grantee
      from pg_class c
      cross join lateral (
        select * from aclexplode(c.relacl)
        union all
        select x.* from pg_attribute t cross join lateral aclexplode(t.attacl) x where t.attrelid = c.oid and t.attnum > 0
      ) a
      where c.oid = member and a.grantee <> c.relowner and a.privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
      order by 1
    loop
      execute format('revoke insert, update, delete, truncate on table %s from %s', member::regclass, one.grantee);
    end loop;
    if (select c.relkind = 'r' from pg_class c where c.oid = member) then
      execute format('drop trigger if exists pgpartition_fence on %s', member::regclass);
      execute format('drop trigger if exists pgpartition_fence_truncate on %s', member::regclass);
      execute format(
        'create trigger pgpartition_fence before insert or update or delete on %s for each row execute function %s.refuse_write()',
        member::regclass, management
      );
      execute format(
        'create trigger pgpartition_fence_truncate before truncate on %s for each statement execute function %s.refuse_write()',
        member::regclass, management
      );
      execute format('alter table %s enable always trigger pgpartition_fence', member::regclass);
      execute format('alter table %s enable always trigger pgpartition_fence_truncate', member::regclass);
    end if;
  end loop;
  return :management.fence_mark(fence.relation);
end
$function$;

-- A partition outside of its window, whose rows came from an archive: nobody changes it, by whatever way. Its rights and row
-- security stay those of its siblings, so that it is read like them.
create function :management.keep_read_only(relation oid) returns void
language plpgsql set search_path = pg_catalog as $function$
declare
  management regnamespace := (
    select c.relnamespace from :management.version v join pg_class c on c.oid = v.tableoid limit 1
  );
begin
  perform :management.unfence(keep_read_only.relation);
  execute format(
    'create trigger pgpartition_fence before insert or update or delete on %s for each row execute function %s.refuse_write(''restored'')',
    keep_read_only.relation::regclass, management
  );
  execute format(
    'create trigger pgpartition_fence_truncate before truncate on %s for each statement execute function %s.refuse_write(''restored'')',
    keep_read_only.relation::regclass, management
  );
  execute format('alter table %s enable always trigger pgpartition_fence', keep_read_only.relation::regclass);
  execute format('alter table %s enable always trigger pgpartition_fence_truncate', keep_read_only.relation::regclass);
end
$function$;

-- The way back: before a table is attached again. Privileges come back with it, from what is declared.
create function :management.unfence(relation oid) returns void
language plpgsql set search_path = pg_catalog as $function$
declare
  member oid;
begin
  for member in select :management.table_and_parts(unfence.relation) loop
    execute format('drop trigger if exists pgpartition_fence on %s', member::regclass);
    execute format('drop trigger if exists pgpartition_fence_truncate on %s', member::regclass);
  end loop;
end
$function$;

-- Fails unless the last word of the ledger is a proved archive of this very table, its fence has stood since, and it holds as many
-- rows as the archive. The caller holds the lock under which nobody can change that. Takes as long as counting the rows.
create function :management.assert_archived(relation oid, manifest text) returns void
language plpgsql set search_path = pg_catalog set row_security = off as $function$
declare
  last record;
  found_rows bigint;
begin
  select l.event, l.detail into last
  from :management.ledger l
  where l.partition_oid = assert_archived.relation
    and l.event in ('detached', 'attached', 'fenced', 'exporting', 'archived', 'doubted')
  order by l.id desc limit 1;
  if last.event is distinct from 'archived' then
    raise exception 'the ledger does not say that % was archived (last event: %)', assert_archived.relation::regclass, coalesce(last.event, 'none')
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if last.detail ->> 'manifest' is distinct from assert_archived.manifest then
    raise exception '% was archived as %, not as %', assert_archived.relation::regclass, last.detail ->> 'manifest', assert_archived.manifest
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if last.detail ->> 'fence' is distinct from :management.fence_mark(assert_archived.relation) then
    raise exception 'the fence around % was open since it was archived: rows may have changed', assert_archived.relation::regclass
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  execute format('select count(*) from %s', assert_archived.relation::regclass) into found_rows;
  if found_rows <> (last.detail ->> 'rows')::bigint then
    raise exception '% holds % rows and its archive %', assert_archived.relation::regclass, found_rows, last.detail ->> 'rows'
      using errcode = 'object_not_in_prerequisite_state';
  end if;
end
$function$;

create view :management.archives with (security_invoker = true) as
select
  l.schema_name,
  l.table_name,
  l.partition_name,
  l.branch,
  l.lower_bound,
  l.upper_bound,
  (l.detail ->> 'generation')::integer as generation,
  l.detail ->> 'manifest' as manifest,
  l.detail ->> 'verify' as verified_by,
  (l.detail ->> 'rows')::bigint as row_count,
  (l.detail ->> 'objects')::bigint as objects,
  (l.detail ->> 'bytes')::bigint as bytes,
  l.effective_at as archived_at,
  l.who as archived_by,
  l.run as archived_in,
  l.detail ->> 'commit' as commit_id,
  (
    select a.who || ', ' || a.run from :management.ledger a
    where a.schema_name = l.schema_name and a.table_name = l.table_name and a.event = 'approved'
      and a.lower_bound is not distinct from l.lower_bound and a.upper_bound is not distinct from l.upper_bound
    order by a.id desc limit 1
  ) as approved_in,
  l.detail ->> 'approvedBy' as approved_by,
  (
    select d.effective_at from :management.ledger d
    where d.partition_oid = l.partition_oid and d.event = 'dropped' and d.id > l.id
    order by d.id limit 1
  ) as dropped_at
from :management.ledger l
where l.event = 'archived';

comment on view :management.archives is
  'One row for each archive that was completed and proved: what of, where it lies, when, by whom and by which run; with when the table was dropped.';

create function :management.archived(schema_name text, table_name text) returns setof :management.archives
language sql stable set search_path = pg_catalog as $function$
  select a.* from :management.archives a
  where a.schema_name = archived.schema_name and a.table_name = archived.table_name
  order by a.lower_bound, a.branch, a.generation
$function$;

revoke all on all functions in schema :management from public;

insert into :management.version (version) values (4);
