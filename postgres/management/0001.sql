-- The registry of declared tables and the ledger of what was done to their partitions. One statement ends at a semicolon
-- that an empty line follows. Later versions only add: an older program must go on working against a newer schema.
create schema if not exists :management;

revoke all on schema :management from public;

create table :management.version (
  version integer primary key,
  installed_at timestamptz not null default now(),
  installed_by text not null default session_user
);

comment on table :management.version is 'pulumi-pgpartition';

create table :management.registry (
  id bigint generated always as identity primary key,
  schema_name text not null,
  table_name text not null,
  owner text not null,
  mode text not null default 'managed' check (mode in ('managed', 'released')),
  paused boolean not null default false,
  "window" jsonb,
  indexes jsonb not null default '[]',
  registered_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (schema_name, table_name)
);

create table :management.ledger (
  id bigint generated always as identity primary key,
  schema_name text not null,
  table_name text not null,
  partition_name text not null,
  partition_oid oid,
  lower_bound timestamptz,
  upper_bound timestamptz,
  event text not null check (
    event in (
      'created', 'adopted', 'attached', 'approved', 'detaching', 'detached', 'dropped', 'released', 'claimed', 'destroying'
    )
  ),
  at timestamptz not null default now(),
  effective_at timestamptz not null default now(),
  who text not null default session_user,
  run text not null,
  detail jsonb not null default '{}'
);

create index ledger_by_table on :management.ledger (schema_name, table_name, id);

create index ledger_by_partition on :management.ledger (partition_oid);

create function :management.refuse_change() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  raise exception 'the ledger is only ever added to: % is refused', tg_op using errcode = 'insufficient_privilege';
end
$$;

create trigger ledger_is_append_only before update or delete or truncate on :management.ledger
for each statement execute function :management.refuse_change();

create function :management.assert_droppable(schema_name text, relation_name text, relation_oid oid) returns void
language plpgsql set search_path = pg_catalog as $$
declare
  found_oid oid;
  last_event text;
begin
  select c.oid into found_oid
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = assert_droppable.schema_name and c.relname = assert_droppable.relation_name;
  if found_oid is distinct from relation_oid then
    raise exception '"%"."%" is not the table that was detached (oid % instead of %)', schema_name, relation_name, found_oid, relation_oid
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if exists (select from pg_inherits i where i.inhrelid = relation_oid) then
    raise exception '"%"."%" is attached to a table again', schema_name, relation_name
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  select l.event into last_event
  from :management.ledger l
  where l.partition_oid = relation_oid
    and l.event in ('created', 'adopted', 'attached', 'detaching', 'detached', 'dropped', 'released')
  order by l.id desc limit 1;
  if last_event is null or last_event not in ('detaching', 'detached') then
    raise exception 'the ledger does not say that "%"."%" was detached by us (last event: %)', schema_name, relation_name, coalesce(last_event, 'none')
      using errcode = 'object_not_in_prerequisite_state';
  end if;
end
$$;

revoke all on all functions in schema :management from public;

insert into :management.version (version) values (1);
