// The plain table as the system has it before, with rows of its months: `npx tsx examples/workflow-events/load.ts [rows] [last month]`.
import { Client } from "pg";

/** Months of rows, the last one included: as long as they are kept. */
const MONTHS = 12;

const TABLES = `
create table public.workflow_runs (id uuid primary key, workflow text not null);
insert into public.workflow_runs select md5('run ' || n)::uuid, 'workflow ' || n % 10 from generate_series(0, 199) n;
create table public.workflow_events (
  id bigserial primary key,
  run_id uuid not null references public.workflow_runs on delete cascade,
  ts timestamptz not null default now(),
  type text not null,
  payload jsonb not null,
  created_at timestamptz not null default now()
);
create index workflow_events_run_id_idx on public.workflow_events (run_id);
`;

/** Two hundred long runs, each with events in all months; the newest event is of the last moment. */
const ROWS = `
insert into public.workflow_events (run_id, ts, type, payload)
select md5('run ' || n % 200)::uuid, until - (until - (until - interval '${MONTHS} months')) * (1 - n / $1::float8),
  (array['run.started', 'node.started', 'node.finished', 'run.finished'])[1 + n % 4],
  jsonb_build_object('step', n, 'note', 'a "quoted", word')
from generate_series(1, $1::int) n, coalesce($2::timestamptz, now()) until`;

/** @param until the moment of the newest row; left out: now */
export async function load(client: Client, rows: number, until?: string): Promise<void> {
  await client.query(TABLES);
  await client.query(ROWS, [rows, until]);
  await client.query("analyze public.workflow_events");
}

async function main([rows = "100000", until]: readonly string[]): Promise<void> {
  const client = new Client();
  await client.connect();
  await load(client, Number(rows), until).finally(() => client.end());
}

if (require.main === module) void main(process.argv.slice(2));
