// Plain tables with rows: one with all that a conversion carries along, and a small one.
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { Program } from "./harness/declare";

export const CONVERTIBLE_TABLE = `
  create schema if not exists app;
  create table app.runs (id bigint primary key);
  insert into app.runs select generate_series(1, 10);
  create table app.events (
    id bigint generated always as identity (start 7 increment 3 cache 5),
    number serial,
    run_id bigint constraint events_run_fkey references app.runs,
    at timestamptz not null default now(),
    note text collate "C" constraint events_note_check check (note <> ''),
    size bigint generated always as (length(note)) stored,
    constraint events_pkey primary key (id)
  ) with (fillfactor = 70);
  comment on table app.events is 'what happened';
  comment on column app.events.note is 'free text';
  alter table app.events add constraint late check (number > 0) not valid;
  alter table app.events alter note set statistics 500, alter run_id set (n_distinct = 40), replica identity full;
  create index events_at_idx on app.events using brin (at) with (pages_per_range = 16);
  create index events_note_idx on app.events (lower(note)) where note is not null;
  comment on index app.events_note_idx is 'for search';
  create unique index events_number_at on app.events (number, at);
  create statistics app.events_stats (dependencies) on run_id, number from app.events;
  do $$ begin
    execute format('alter statistics app.events_stats owner to %I', (select relowner::regrole::text from pg_class where oid = 'app.events'::regclass));
  end $$;

  create function app.stamp() returns trigger language plpgsql as $$ begin new.note := coalesce(new.note, 'none'); return new; end $$;
  create trigger stamp before insert or update on app.events for each row execute function app.stamp();
  create function app.ignore() returns trigger language plpgsql as 'begin return null; end';
  create trigger counted after insert on app.events for each statement execute function app.ignore();
  alter table app.events enable always trigger stamp, disable trigger counted;

  create view app.recent with (security_barrier = true) as select id, note from app.events where number > 0;
  comment on view app.recent is 'of today';
  create view app.over_recent as select count(*) as events from app.recent;
  create function app.total() returns bigint language sql begin atomic select count(*) from app.events; end;
  create table app.secrets (id bigint);
  create policy seen on app.secrets for select to public using (exists (select from app.events e where e.id = secrets.id));
  alter table app.secrets enable row level security;

  alter table app.events enable row level security;
  create policy mine on app.events using (note <> 'secret');
  grant select on app.events to public;
  grant update (note) on app.events to pg_monitor with grant option;
  grant usage on sequence app.events_id_seq to pg_monitor;
  create publication watch for table app.events with (publish_via_partition_root = true);

  insert into app.events (run_id, at, note)
    select 1 + n % 10, timestamptz '2024-11-01 00:00+00' + n * interval '1 hour', 'note ' || n from generate_series(1, 2000) n;
  analyze app.events;
`;

/**
 * The same, to be written to while it is partitioned. Since PostgreSQL 18 no row of it could be updated or deleted: its identity has a
 * generated column, which is not published.
 */
export const WRITABLE_TABLE = `${CONVERTIBLE_TABLE}; alter publication watch set (publish = 'insert, truncate')`;

/** A thousand rows, one an hour from 2025 on. */
export const SMALL_TABLE = `
  create table app.events (id bigint primary key, at timestamptz not null, note text, amount numeric);
  create index events_note on app.events (note);
  insert into app.events select n, timestamptz '2025-01-01 00:00+00' + n * interval '1 hour', 'note ' || n, n / 10.0 from generate_series(1, 1000) n;`;

const CONVERTED: TableSpecArgs = {
  schema: "app",
  table: "events",
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "1 month", retention: "24 months" },
  onExpire: "drop",
  convertFrom: { historyUntil: "2025-04-01" },
};

/** A program that converts it, in March 2025. */
export function conversionProgram(changes: Partial<TableSpecArgs> = {}): Program {
  return { tables: { events: { ...CONVERTED, ...changes } }, asOf: "2025-03-10T00:00:00Z" };
}

/** The same database without a declared table: the management schema alone. */
export const NO_TABLE: Program = { tables: {}, asOf: "2025-03-10T00:00:00Z" };
