// A plain table, and a program that copies it into one of another name.
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { Program } from "./harness/declare";

export const PLAIN_EVENTS = `
  create schema if not exists app;
      create table app.runs (id bigint primary key);
      insert into app.runs select generate_series(1, 10);
      create table app.events (id bigint generated always as identity primary key, run_id bigint constraint events_run references app.runs on delete cascade, at timestamptz not null default now(), note text);
      create index events_note on app.events (note);
      insert into app.events (run_id, at, note) select 1 + n % 10, timestamptz '2024-11-01 00:00+00' + n * interval '1 hour', 'note ' || n from generate_series(1, 2000) n;
      alter table app.events enable row level security;
      create policy own on app.events using (note <> 'secret');
      grant usage on schema app to pg_monitor; grant select, insert on app.events to pg_monitor;
      analyze app.events;`;

/** In March 2025; both tables are kept equal until April. */
export function switching(changes: Partial<TableSpecArgs["convertFrom"]> = {}, asOf = "2025-03-10T00:00:00Z"): Program {
  return {
    tables: {
      parted: {
        schema: "app",
        table: "events_parted",
        partitionBy: [{ range: "at", every: "month" }],
        window: { lead: "1 month", retention: "2 months" },
        onExpire: "drop",
        confirmDrops: ["2024-11-01T00:00:00Z/2024-12-01T00:00:00Z"],
        convertFrom: { strategy: "copyThenSwitch", table: "events", rollbackUntil: "2025-04-01", ...changes },
      },
    },
    asOf,
  };
}
