// The four plain tables as the system has them before, with rows of their months: `npx tsx examples/arxos-fleet/load.ts [rows] [last month]`.
import { Client } from "pg";

/** Each table with the months that it is kept, and what makes row `n` of its rows, at the time `at`. */
const TABLES = [
  {
    create:
      "audit_logs (id bigserial primary key, user_id uuid not null, action text not null, created_at timestamptz not null)",
    months: 12,
    insert: "audit_logs (user_id, action, created_at)",
    row: "md5('user ' || n % 50)::uuid, (array['login', 'edit', 'export'])[1 + n % 3], at",
  },
  {
    create:
      "object_history (id bigserial primary key, object_id text not null, changed_at timestamptz not null, change jsonb not null)",
    months: 12,
    insert: "object_history (object_id, changed_at, change)",
    row: "'room_' || n % 100, at, jsonb_build_object('step', n)",
  },
  {
    create: `slow_query_log (id bigserial primary key, severity text not null, duration_ms integer not null, query text not null,
      timestamp timestamptz not null)`,
    months: 6,
    insert: "slow_query_log (severity, duration_ms, query, timestamp)",
    row: "(array['notice', 'warning', 'critical'])[1 + n % 3], 1000 + n % 5000, 'select ' || n, at",
  },
  {
    create:
      "chat_messages (id bigserial primary key, user_id uuid not null, body text not null, created_at timestamptz not null)",
    months: 12,
    insert: "chat_messages (user_id, body, created_at)",
    row: "md5('user ' || n % 50)::uuid, 'message ' || n, at",
  },
];

/** @param until the moment of the newest row of each; left out: now */
export async function load(client: Client, rows: number, until?: string): Promise<void> {
  for (const { create, months, insert, row } of TABLES) {
    await client.query(`create table public.${create}`);
    await client.query(
      `insert into public.${insert} select ${row}
       from generate_series(1, $1::int) n, coalesce($2::timestamptz, now()) until,
         lateral (select until - (until - (until - interval '${months} months')) * (1 - n / $1::float8) as at) moment`,
      [rows, until],
    );
  }
  await client.query("analyze");
}

async function main([rows = "100000", until]: readonly string[]): Promise<void> {
  const client = new Client();
  await client.connect();
  await load(client, Number(rows), until).finally(() => client.end());
}

if (require.main === module) void main(process.argv.slice(2));
