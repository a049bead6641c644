import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { versions } from "../../tools/postgres/binaries";
import { type Server, startServer } from "../../tools/postgres/server";
import { Deployment } from "../support/harness/deployment";
import { eventsTable } from "../support/harness/fixture";
import { named, preview, up } from "../support/harness/rounds";

/** With what differs between the versions: identity, a foreign key, a partial index, a default. */
const tables = {
  events: eventsTable({
    columns: {
      id: { type: "bigint", identity: "by default" },
      at: { type: "timestamptz", default: "now()" },
      note: { type: "text", nullable: true },
      kind: "integer",
    },
    foreignKeys: { events_kind: { columns: ["kind"], references: { schema: "app", table: "kinds", columns: ["id"] } } },
    indexes: {
      by_note: { columns: ["note"] },
      of_kind: { columns: [{ column: "kind", order: "desc" }], where: "kind > 1" },
    },
  }),
};
const at = (asOf: string) => ({ tables, asOf });

/** What a partition carries beside its bounds, each of which the versions write or read a little differently. */
const carrying = {
  messages: eventsTable({
    table: "messages",
    columns: {
      id: { type: "bigint", identity: "always" },
      tenant: "text",
      at: { type: "timestamptz", default: "now()" },
      note: { type: "text", nullable: true },
    },
    rowSecurity: { policies: { own: { roles: ["app"], using: "tenant = current_setting('api.tenant', true)" } } },
    grants: { app: ["select", "insert"] },
    publications: { changes: { create: { publish: ["insert"] }, viaRoot: true, where: "tenant <> 'test'" } },
    replicaIdentity: "full",
    statistics: { tenant: 500 },
    storage: { hot: { options: { fillfactor: 90 } } },
    defaultPartition: { name: "messages_rest" },
    schedule: { cron: "0 2 * * *" },
    functionNames: { window: "maintain_messages" },
  }),
  readings: eventsTable({
    table: "readings",
    columns: { site: "text", id: "bigint", at: "timestamptz", note: { type: "text", nullable: true } },
    primaryKey: ["site", "id", "at"],
    partitionBy: [
      { list: "site", values: ["north", "south"] },
      { range: "at", every: "month" },
      { hash: "id", modulus: 2 },
    ],
    resources: "window",
  }),
};
const carryingAt = (asOf: string) => ({ tables: carrying, asOf });

describe.each(versions)("PostgreSQL %s", (version) => {
  let server: Server;
  let client: Client;
  beforeAll(async () => {
    server = await startServer({ version, settings: { fsync: "off" } });
    client = new Client({ connectionString: server.url });
    await client.connect();
    await client.query(
      "create schema app; create table app.kinds (id int primary key); insert into app.kinds values (1), (2)",
    );
  });
  afterAll(async () => {
    await client.end();
    await server.stop();
  });

  it(`B14 ${String(version)}: a table is created, found unchanged, rolled, and its oldest month dropped after the grace`, async () => {
    const deployment = new Deployment();
    expect((await up(server, deployment, at("2025-03-10T00:00:00Z"))).error).toBeUndefined();
    expect((await preview(server, deployment, at("2025-03-10T00:00:00Z"))).steps).toEqual([]);
    await client.query(
      "insert into app.events (at, note, kind) select '2025-02-10', 'x', 1 + n % 2 from generate_series(1, 100) n",
    );
    const rolled = await up(server, deployment, at("2025-04-10T00:00:00Z"));
    expect(rolled.error).toBeUndefined();
    expect(named(rolled.steps)).toHaveLength(3);
    expect((await client.query("select from app.events_p2025_02")).rowCount).toBe(100);
    const dropped = await up(server, deployment, at("2025-04-18T00:00:00Z"));
    expect(dropped.error).toBeUndefined();
    expect((await client.query("select from pg_class where relname = 'events_p2025_02'")).rowCount).toBe(0);
    expect((await client.query("select from pg_index where not indisvalid")).rowCount).toBe(0);
    expect((await preview(server, deployment, at("2025-04-18T00:00:00Z"))).steps).toEqual([]);
  }, 60_000);

  it(`B14 ${String(version)}: all that a table carries is created, found unchanged, rolled with it, and there is nothing left to do`, async () => {
    await client.query("create role app nologin; grant usage on schema app to app");
    const deployment = new Deployment();
    const march = carryingAt("2025-03-10T00:00:00Z");
    expect((await up(server, deployment, march)).error).toBeUndefined();
    expect((await preview(server, deployment, march)).steps).toEqual([]);
    await client.query(
      "insert into app.messages (tenant, at) select t, '2025-03-05' from unnest(array['a', 'b', 'b']) t; insert into app.readings values ('south', 1, '2025-03-05')",
    );
    await client.query("set role app; set api.tenant = 'b'");
    expect((await client.query("select from app.messages")).rowCount).toBe(2);
    await expect(client.query("select from app.messages_p2025_03")).rejects.toMatchObject({ code: "42501" });
    await client.query("reset role");
    await client.query("call pgpartition.ensure_window('app.messages', '2025-05-10')");
    expect((await client.query("select from app.messages_p2025_06")).rowCount).toBe(0);
    const rolled = await up(server, deployment, carryingAt("2025-04-10T00:00:00Z"));
    expect(rolled.error).toBeUndefined();
    const unlike = await client.query(
      `select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = 'app.messages'::regclass and not (c.relrowsecurity and c.relreplident = 'f')`,
    );
    expect(unlike.rows).toEqual([]);
    expect((await preview(server, deployment, carryingAt("2025-04-10T00:00:00Z"))).steps).toEqual([]);
  }, 120_000);
});
