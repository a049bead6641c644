// Rows of a table with row security that a role of the application sees, and those that it does not.
import type { Client } from "pg";
import { withClient } from "../dev/client";
import type { Connection } from "../dev/connection";

const TABLE = "public.chat_messages_partitioned";
const USERS = ["user_7", "user_8"] as const;

/** Reads the chat messages as the application does, user by user: through the table, then from a partition. */
export async function readAsTenants(connection: Connection): Promise<string[]> {
  return withClient(connection, "demo", async (client) => {
    const total = await count(client, TABLE);
    const { rows } = await client.query<{ name: string }>(
      "select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by 1 limit 1",
      [TABLE],
    );
    const partition = rows[0]?.name ?? TABLE;
    await client.query("set role arxos_app");
    const lines = [`the owner: ${total} rows in ${TABLE}`];
    for (const user of USERS) {
      await client.query("select set_config('arxos.user_id', $1, false)", [user]);
      lines.push(`arxos_app for ${user}: ${await count(client, TABLE)} rows, its own`);
    }
    lines.push(`arxos_app, naming partition ${partition}: ${await attempt(client, partition)}`);
    return lines;
  });
}

async function count(client: Client, relation: string): Promise<string> {
  const { rows } = await client.query<{ count: string }>(`select count(*) from ${relation}`);
  return rows[0]?.count ?? "0";
}

async function attempt(client: Client, relation: string): Promise<string> {
  try {
    return `${await count(client, relation)} rows`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
