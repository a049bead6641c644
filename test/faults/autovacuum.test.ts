// Autovacuum of a large table runs for hours and gives way only to a session that has waited for a second.
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { conversionProgram, NO_TABLE } from "../support/convertible-table";
import { testVersions } from "../support/database";
import { Deployment } from "../support/harness/deployment";
import { type OwnServer, startOwnServer } from "../support/harness/own-server";
import { up } from "../support/harness/rounds";
import { until } from "../support/harness/until";

const newest = testVersions().at(-1) ?? 18;
let server: OwnServer;
let client: Client;

beforeAll(async () => {
  server = await startOwnServer(newest);
  client = new Client({ connectionString: server.url });
  await client.connect();
  await client.query("alter system set autovacuum_naptime = '1s'");
  await client.query("select pg_reload_conf()");
});
afterAll(async () => {
  await client.end();
  await server.remove();
});

async function findAutovacuum(): Promise<boolean> {
  const { rows } = await client.query(
    "select from pg_stat_activity where backend_type = 'autovacuum worker' and query like '%app.events%'",
  );
  return rows.length > 0;
}

it("S1 autovacuum of the table gives way to the swap, which waits for it once", async () => {
  const deployment = new Deployment();
  expect((await up(server, deployment, NO_TABLE)).error).toBeUndefined();
  await client.query(`
    create schema app;
    create table app.events (id bigint primary key, at timestamptz not null, note text)
      with (autovacuum_enabled = false, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
    insert into app.events select n, timestamptz '2025-01-01' + n * interval '1 minute', 'old' from generate_series(1, 20000) n;`);
  const prepared = conversionProgram({ convertFrom: { historyUntil: "2025-04-01", until: "prepare" } });
  expect((await up(server, deployment, prepared)).error).toBeUndefined();
  await client.query("update app.events set note = 'new'");
  await client.query("alter table app.events set (autovacuum_enabled = true)");
  await until(findAutovacuum, 60_000);
  const run = await up(server, deployment, conversionProgram());
  expect(run.error).toBeUndefined();
  expect(run.messages.join("\n")).toMatch(/waiting for pid \d+ \("autovacuum worker"/);
});
