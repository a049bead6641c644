// A plain table with all that a conversion has to carry, re-point or refuse.

/** One of everything that can be bound to a plain table. */
export const RICH_TABLE = `
  create schema app;
  create table app.runs (id bigint primary key);
  create sequence app.shared_seq;
  create table app.events (
    id bigint generated always as identity (start 7 increment 3 cache 5),
    number serial,
    ticket bigint default nextval('app.shared_seq'),
    run_id bigint references app.runs,
    parent bigint,
    at timestamptz not null,
    note text collate "C" check (note <> ''),
    body jsonb,
    constraint events_pkey primary key (id),
    constraint events_ticket_key unique nulls not distinct (ticket) deferrable
  ) with (fillfactor = 70);
  comment on column app.events.note is 'free text';
  comment on constraint events_pkey on app.events is 'the key';
  alter table app.events add constraint late check (number > 0) not valid;
  alter table app.events add constraint own check (number > 1) no inherit;
  alter table app.events add constraint events_parent_fkey foreign key (parent) references app.events (id) on delete cascade;
  alter table app.events alter note set statistics 500, alter body set storage external, alter body set compression pglz,
    alter run_id set (n_distinct = 40);
  create index events_at_idx on app.events using brin (at) with (pages_per_range = 16);
  create index events_note_idx on app.events (lower(note)) include (body) where note is not null;
  comment on index app.events_note_idx is 'for search';
  create statistics app.events_stats (dependencies) on run_id, number from app.events;
  alter statistics app.events_stats set statistics 300;
  comment on statistics app.events_stats is 'together';

  create table app.details (event_id bigint);
  alter table app.details add constraint details_event_fkey foreign key (event_id) references app.events (id) not valid;
  create table app.pieces (event_id bigint references app.events (id)) partition by hash (event_id);
  create table app.pieces_0 partition of app.pieces for values with (modulus 1, remainder 0);

  create function app.stamp() returns trigger language plpgsql as 'begin return new; end';
  create trigger stamp before insert or update on app.events for each row execute function app.stamp();
  comment on trigger stamp on app.events is 'sets the time';
  create trigger counted after insert on app.events referencing new table as added for each statement execute function app.stamp();
  alter table app.events enable always trigger stamp;
  alter table app.events disable trigger counted;
  create constraint trigger deferred after insert on app.events deferrable for each row execute function app.stamp();
  create rule quiet as on delete to app.events where old.id < 0 do instead nothing;

  create view app.a_recent with (security_barrier = true) as select id, note from app.events where at > now() - interval '1 day';
  create materialized view app.b_daily as select count(*) as events from app.a_recent;
  create index on app.b_daily (events);
  create view app.aa_over as select d.events, r.id from app.b_daily d, app.a_recent r;
  comment on view app.a_recent is 'of today';
  comment on column app.a_recent.note is 'seen';
  create function app.total() returns bigint language sql begin atomic select count(*) from app.events; end;
  create function app.total_recent() returns bigint language sql begin atomic select count(*) from app.a_recent; end;
  create function app.by_name() returns bigint language sql as 'select count(*) from app.events';
  create function app.newest() returns setof app.events language sql as 'select * from app.events limit 1';
  create table app.snapshots (taken app.events, several app.events[]);
  create table app.secrets (id bigint);
  create policy seen on app.secrets for select to public using (exists (select from app.events e where e.id = secrets.id));
  create table app.log (id bigint);
  create rule copied as on insert to app.log do also update app.events set note = 'x' where id = new.id;

  alter table app.events enable row level security;
  create policy mine on app.events using (note = current_user);
  grant select on app.events to public;
  grant update (note) on app.events to pg_monitor with grant option;
  grant select on app.a_recent to pg_monitor;
  grant usage on sequence app.events_id_seq to pg_monitor;
`;
