// The plain tables as the system has them before, with rows from 2024 on: `npx tsx examples/atlas-messages/load.ts [rows] [last month]`.
import { Client } from "pg";

const TABLES = `
do $$ begin create role authenticated; exception when duplicate_object then null; end $$;
do $$ begin create role service_role bypassrls; exception when duplicate_object then null; end $$;
create table public.messages (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null,
  conversation_id uuid not null,
  role text not null,
  content text not null,
  created_at timestamptz not null default now()
);
create index messages_conversation_id_idx on public.messages (conversation_id);
alter table public.messages enable row level security;
create policy own_messages on public.messages for all to authenticated
  using (user_id = current_setting('request.user', true)::uuid) with check (user_id = current_setting('request.user', true)::uuid);
grant select, insert on public.messages to authenticated, service_role;

create table public.usage_logs (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null,
  event text not null,
  created_at timestamptz not null default now()
);
alter table public.usage_logs enable row level security;
grant select, insert on public.usage_logs to service_role;
`;

const FIRST = "timestamptz '2024-01-01 00:00+00'";
const TIMES = `
from generate_series(1, $1::int) n, coalesce($2::timestamptz, now()) until, lateral (
  select ${FIRST} + (until - ${FIRST}) * (n / $1::float8) as at) moment`;

const MESSAGES = `
insert into public.messages (user_id, conversation_id, role, content, created_at)
select md5('user ' || n % 40)::uuid, md5('conversation ' || n % 400)::uuid, (array['user', 'assistant'])[1 + n % 2], 'message ' || n, at
${TIMES}`;

const USAGE = `
insert into public.usage_logs (user_id, event, created_at)
select md5('user ' || n % 40)::uuid, (array['login', 'prompt', 'export'])[1 + n % 3], at
${TIMES}`;

/** @param until the moment of the newest row of each; left out: now */
export async function load(client: Client, rows: number, until?: string): Promise<void> {
  await client.query(TABLES);
  await client.query(MESSAGES, [rows, until]);
  await client.query(USAGE, [rows, until]);
  await client.query("analyze public.messages, public.usage_logs");
}

async function main([rows = "100000", until]: readonly string[]): Promise<void> {
  const client = new Client();
  await client.connect();
  await load(client, Number(rows), until).finally(() => client.end());
}

if (require.main === module) void main(process.argv.slice(2));
