import { expect, it } from "vitest";
import { Client } from "pg";
import { Deployment } from "../support/harness/deployment";
import { program } from "../support/harness/fixture";
import { startOwnServer } from "../support/harness/own-server";
import { preview } from "../support/harness/rounds";
import { until } from "../support/harness/until";
import { apply } from "./support";

const march = program("2025-03-10T00:00:00Z", {
  window: { lead: "1 month", retention: "forever", start: "2025-03-01" },
});
const call = "call pgpartition.ensure_window('app.events', '2025-07-10')";
const made =
  "select string_agg(partition_name, ' ' order by lower_bound) from pgpartition.ledger where run = 'schedule'";
const tables =
  "select string_agg(relname, ' ' order by relname) from pg_class where relname like 'events\\_p%' and relkind = 'r'";
const months = (...all: string[]) => all.map((month) => `events_p2025_${month}`).join(" ");

it("the backend of the schedule is killed in the middle: what it had committed remains, the rest leaves no trace and is created next time", async () => {
  const server = await startOwnServer(18);
  const open = async (): Promise<Client> => {
    const client = new Client({ connectionString: server.url });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const first = async (client: Client, sql: string): Promise<unknown> =>
    Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0];
  let client = await open();
  try {
    await client.query("create schema app");
    const deployment = new Deployment();
    await apply(server, deployment, march);
    // The third partition is made and attached, and its transaction does not come to its end.
    const third = "where partition_name = 'events_p2025_07'";
    await client.query(
      `update pgpartition.prepared set statements = statements || array['select pg_sleep(60)'] ${third}`,
    );
    const worker = await open();
    const pid = Number(await first(worker, "select pg_backend_pid()"));
    const running = worker.query(call).catch(() => undefined);
    await until(
      async () =>
        (await first(client, `select wait_event from pg_stat_activity where pid = ${String(pid)}`)) === "PgSleep",
    );
    expect(await first(client, made)).toBe(months("05", "06"));
    process.kill(pid, "SIGKILL");
    await running;
    // The server ends every session when one of its processes dies like that, and recovers.
    await until(() =>
      open().then(
        (next) => ((client = next), true),
        () => false,
      ),
    );
    expect(await first(client, made)).toBe(months("05", "06"));
    expect(await first(client, tables)).toBe(months("03", "04", "05", "06"));
    expect(await first(client, "select count(*)::int from pg_locks where locktype = 'advisory'")).toBe(0);

    await client.query(`update pgpartition.prepared set statements = trim_array(statements, 1) ${third}`);
    await client.query(call);
    expect(await first(client, made)).toBe(months("05", "06", "07", "08"));
    expect((await preview(server, deployment, march)).steps).toEqual([]);
  } finally {
    await client.end().catch(() => undefined);
    await server.remove();
  }
});
