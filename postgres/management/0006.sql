-- Conversions that copy: where each one is. One row for each beginning; one that was given up or is over stays, as history.
create table :management.conversions (
  id bigint generated always as identity primary key,
  schema_name text not null,
  table_name text not null,
  phase text not null check (phase in ('prepared', 'copying', 'finishing', 'verifying', 'verified', 'swapped', 'returnable', 'returning', 'reverified', 'returned', 'ended')),
  source oid not null,
  target oid not null,
  pending oid not null,
  marks jsonb not null default '{}',
  next_block bigint not null default 0,
  end_block bigint,
  rows_copied bigint not null default 0,
  changes_reconciled bigint not null default 0,
  rows_verified bigint not null default 0,
  verified_to jsonb,
  verified_at timestamptz,
  control jsonb not null default '{}',
  detail jsonb not null default '{}',
  begun_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  run text not null
);

comment on table :management.conversions is
  'One row for each conversion that copies: its phase, how far it is, what it has proved, and how it is paced.';

create unique index conversions_under_way on :management.conversions (schema_name, table_name) where phase <> 'ended';

create function :management.refuse_former() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
  -- The one that keeps it current says so: a guard against accidents, not against an attacker.
  if current_setting('pgpartition.follows', true) = tg_relid::text then
    return null;
  end if;
  raise exception 'table "%"."%" is the former one of a conversion, which keeps it as it was: % is refused', tg_table_schema, tg_table_name, lower(tg_op)
    using errcode = 'object_not_in_prerequisite_state',
      hint = format('Its rows are in %s now. What still writes here is bound to the former table: a view, a function or a trigger that was not known.', tg_argv[0]);
end
$function$;

-- A transaction whose snapshot is older than the swap of a copy would write beside rows that it does not see: they were inserted by
-- the swap. It is told to begin again, as for any other conflict of its level of isolation. READ COMMITTED takes a new snapshot for
-- each statement, and never meets this.
create function :management.refuse_old_snapshot() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $function$
begin
  if not pg_visible_in_snapshot(tg_argv[0]::xid8, pg_current_snapshot()) then
    raise exception 'table "%"."%" was converted after the snapshot of this transaction was taken', tg_table_schema, tg_table_name
      using errcode = 'serialization_failure', hint = 'Run the transaction again.';
  end if;
  return null;
end
$function$;

revoke all on function :management.refuse_former() from public;

revoke all on function :management.refuse_old_snapshot() from public;

insert into :management.version (version) values (6);
