// The floor of a run: the same statements sent by one session that does nothing else.
import type { Client } from "pg";
import type { Statement } from "../../core/sql/statement";
import { timed } from "./measure";
import type { BenchDatabase } from "./server";

export async function replay(database: BenchDatabase, statements: readonly Statement[]): Promise<number> {
  return database.with("bench replay", (client) => timed(() => replayOn(client, statements)));
}

async function replayOn(client: Client, statements: readonly Statement[]): Promise<void> {
  let open: string | undefined;
  for (const { sql, values, transaction } of statements) {
    if (transaction !== open) {
      if (open !== undefined) await client.query("commit");
      await client.query("begin");
      open = transaction;
    }
    await client.query(sql, [...(values ?? [])]);
  }
  if (open !== undefined) await client.query("commit");
}
