// Rows for the demo: spread evenly over the whole window of each dev table.
import type { Temporal } from "temporal-polyfill";
import { withClient } from "../dev/client";
import type { Connection } from "../dev/connection";

const ROWS = 12_000;

/** Key column of each table, and the other columns of one row, `i` being its number. */
const TABLES = [
  ["workflow_events", "ts", "run_id, type, payload", "r.id, 'step', jsonb_build_object('n', i)", 12],
  [
    "audit_logs_partitioned",
    "created_at",
    "user_id, object_id, action",
    "'user_' || i % 500, 'object_' || i % 900, 'update'",
    12,
  ],
  ["object_history_partitioned", "changed_at", "object_id, type", "'object_' || i % 900, 'moved'", 12],
  [
    "slow_query_log_partitioned",
    "timestamp",
    "severity, duration, query",
    "'critical', random() * 1000, 'select …'",
    6,
  ],
  [
    "chat_messages_partitioned",
    "created_at",
    "user_id, room_id, message",
    "'user_' || i % 500, 'room_' || i % 40, 'hello'",
    12,
  ],
] as const;

export async function loadRows(connection: Connection, now: Temporal.Instant): Promise<string[]> {
  return withClient(connection, "demo", async (client) => {
    await client.query("insert into public.workflow_runs select gen_random_uuid() from generate_series(1, 50)");
    const lines: string[] = [];
    for (const [table, key, columns, values, months] of TABLES) {
      // From the first instant of the window to the end of the month three months ahead.
      const source =
        table === "workflow_events"
          ? `cross join lateral (select id from public.workflow_runs offset i % 50 limit 1) r`
          : "";
      await client.query(
        `insert into public.${table} ("${key}", ${columns})
         select date_trunc('month', $1::timestamptz at time zone 'UTC') at time zone 'UTC' - make_interval(months => $2)
                + (i::float8 / $3) * (interval '1 month' * ($2 + 4) - interval '2 days'), ${values}
         from generate_series(0, $3 - 1) i ${source}`,
        [now.toString(), months, ROWS],
      );
      await client.query(`analyze public.${table}`);
      const { rows } = await client.query<{ rows: string; partitions: string }>(
        `select count(*) as rows, count(distinct tableoid) as partitions from public.${table}`,
      );
      lines.push(`${table}: ${rows[0]?.rows ?? "0"} rows in ${rows[0]?.partitions ?? "0"} partitions`);
    }
    return lines;
  });
}
