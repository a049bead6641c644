// A plain table of observations, and programs that copy it into several levels.
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { conversionProgram } from "../convertible-table";
import type { Program } from "./declare";

/** Program, site and time: `abc-123` has two sites, `old` has ended, and no table names `lost`. */
export const OBSERVED_TABLE = `
  create table app.programs (program_id text primary key, end_date date not null);
  create table app.sites (site_id text, program_id text, primary key (site_id, program_id));
  insert into app.programs values ('abc-123', '2026-01-01'), ('old', '2024-06-01');
  insert into app.sites values ('def-456', 'abc-123'), ('xyz-789', 'abc-123'), ('s', 'old');
  create table app.users (id int primary key);
  insert into app.users select generate_series(1, 9);
  create table app.obs (
    id bigint primary key, program_id text not null, site_id text not null, at timestamptz not null default now(),
    growth numeric, user_id int constraint obs_user references app.users on delete cascade);
  create index obs_growth on app.obs (growth);
  grant select on app.obs to public;
  insert into app.obs select n, p, s, timestamptz '2025-01-01 00:00+00' + n * interval '20 minutes', n / 10.0, 1 + n % 9
  from generate_series(1, 3000) n,
    lateral (select (array['abc-123', 'abc-123', 'old', 'lost'])[1 + n % 4], (array['def-456', 'xyz-789', 's', 'nowhere'])[1 + n % 4]) v (p, s);`;

export const SOURCED: TableSpecArgs["partitionBy"] = [
  {
    list: "program_id",
    values: { from: "programs", column: "program_id", where: "end_date > date '2025-03-01'" },
    name: "obs_prog_{value}",
  },
  {
    list: "site_id",
    values: { from: "sites", column: "site_id", parent: "program_id" },
    name: "{base}_site_{value}",
  },
  {
    range: "at",
    every: "month",
    name: "{base}_{yyyy}_{mm}",
    overrides: [{ when: { site_id: "xyz-789" }, every: "week", name: "{base}_{gggg}_w{ww}" }],
  },
];

/** A program that copies a table into levels, in March 2025. */
export function leveledProgram(
  partitionBy: TableSpecArgs["partitionBy"],
  convertFrom: Partial<TableSpecArgs["convertFrom"]> = {},
  changes: Partial<TableSpecArgs> = {},
): Program {
  return conversionProgram({
    table: "obs",
    partitionBy,
    resources: "window",
    window: { lead: "1 month", retention: "12 months", start: "2025-01-01" },
    convertFrom: { strategy: "copy", ...convertFrom },
    ...changes,
  });
}
