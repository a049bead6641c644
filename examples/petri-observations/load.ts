// The plain table as the system has it before, with rows of its programs and sites:
// `npx tsx examples/petri-observations/load.ts [rows] [time of the last one]`.
import { Client } from "pg";

/** Months of rows. */
const MONTHS = 12;

const TABLE = `
do $$ begin create role authenticated; exception when duplicate_object then null; end $$;
create schema partition_mgmt;
grant usage on schema partition_mgmt to authenticated;
create table public.pilot_programs (program_id text primary key, end_date date not null);
insert into public.pilot_programs values ('abc-123', '2999-01-01'), ('def-123', '2999-01-01'), ('old-001', '2020-01-01');
create table public.sites (site_id text, program_id text references public.pilot_programs, primary key (site_id, program_id));
insert into public.sites values ('def-456', 'abc-123'), ('xyz-789', 'abc-123'), ('ghi-012', 'def-123'), ('jkl-345', 'old-001');
create table public.users (id uuid primary key, company_id uuid not null);
insert into public.users select md5('user ' || n)::uuid, md5('company ' || n)::uuid from generate_series(0, 4) n;
grant select on public.users to authenticated;
create table public.petri_observations (
  observation_id uuid primary key,
  company_id uuid not null,
  program_id text not null,
  site_id text not null,
  submission_id uuid,
  growth_index numeric,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index petri_observations_program on public.petri_observations (program_id);
alter table public.petri_observations enable row level security;
create policy company_isolation_petri on public.petri_observations to authenticated
  using (company_id in (select company_id from public.users where id = current_setting('request.user', true)::uuid));
grant select, insert, update on public.petri_observations to authenticated;
`;

/** Five companies; half of the rows are of the site that has weeks, and a program that ended has the first quarter of the time. */
const ROWS = `
insert into public.petri_observations (observation_id, company_id, program_id, site_id, submission_id, growth_index, created_at)
select md5('observation ' || n)::uuid, md5('company ' || n % 5)::uuid, program, site, md5('submission ' || n / 10)::uuid,
  round((n % 997) / 7.0, 3), at
from generate_series(1, $1::int) n,
  lateral (select coalesce($2::timestamptz, now()) - make_interval(months => ${MONTHS}) + n * (make_interval(months => ${MONTHS}) / $1)) t (at),
  lateral (select case when n % 4 = 3 and n * 4 > $1::int then 0 else n % 4 end) k (kind),
  lateral (select (array['abc-123', 'abc-123', 'def-123', 'old-001'])[1 + kind],
    (array['xyz-789', 'def-456', 'ghi-012', 'jkl-345'])[1 + kind]) v (program, site)`;

/** @param until the moment of the newest row; left out: now */
export async function load(client: Client, rows: number, until?: string): Promise<void> {
  await client.query(TABLE);
  await client.query(ROWS, [rows, until]);
  await client.query("analyze public.petri_observations");
}

async function main([rows = "100000", until]: readonly string[]): Promise<void> {
  const client = new Client();
  await client.connect();
  await load(client, Number(rows), until).finally(() => client.end());
}

if (require.main === module) void main(process.argv.slice(2));
