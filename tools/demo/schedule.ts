// The schedule inside the database, as its runner would start it: pg_cron, or cron with the line in the outputs.
import type { Client } from "pg";
import type { Temporal } from "temporal-polyfill";
import { withClient } from "../dev/client";
import type { Connection } from "../dev/connection";

/** Simulates months without `pulumi up`: the schedule creates partitions from the statements that the last one left. */
export async function runSchedule(connection: Connection, at: Temporal.Instant): Promise<string[]> {
  return withClient(connection, "demo", async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "select format('%I.%I', schema_name, table_name) as name from pgpartition.registry order by 1",
    );
    const lines: string[] = [];
    for (const { name } of rows) {
      const before = await partitions(client, name);
      await client.query(`call pgpartition.ensure_window('${name}', '${at.toString()}')`);
      const made = (await partitions(client, name)).filter((partition) => !before.includes(partition));
      lines.push(`${name}: ${made.length > 0 ? `created ${made.join(", ")}` : "nothing was missing"}`);
    }
    return lines;
  });
}

async function partitions(client: Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by 1",
    [table],
  );
  return rows.map(({ name }) => name);
}
