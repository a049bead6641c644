import { rmSync } from "node:fs";
import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { administer, testVersions, withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { poll } from "../support/harness/realtime";
import { up } from "../support/harness/rounds";
import { wal2jsonFolder } from "../support/harness/wal2json";
import { withDeployment } from "../support/harness/with-deployment";
import { skipBecause } from "../support/skip";

/** Debian packs the plugin for its own version of PostgreSQL. */
const VERSION = 15;
const role = `authenticated_${String(process.pid)}`;
const slot = `realtime_${String(process.pid)}`;

const at = (day: string, partitionAccess: "closed" | "mirror", changes: Partial<TableSpecArgs> = {}) =>
  program(`${day}T00:00:00Z`, {
    window: { lead: "1 month", retention: "1 month" },
    indexes: {},
    publications: ["supabase_realtime"],
    rowSecurity: {
      partitionAccess,
      policies: {
        own_company: { command: "select", roles: [role], using: "note = current_setting('app.company', true)" },
      },
    },
    grants: { [role]: ["select"] },
    ...changes,
  });

const isHere = testVersions().includes(VERSION);
if (!isHere) console.log(`skipped: Supabase's way, for which this run has no PostgreSQL ${String(VERSION)}`);

describe.runIf(isHere)("Supabase's way: wal2json, and rows checked against the table that it names", () => {
  // Asked for while tests are collected, which is so without that server too.
  const database = isHere ? withDatabase(VERSION) : withDatabase();
  const deployment = withDeployment(database);
  const subscriber = { role, setting: "acme" };
  let plugin: Awaited<ReturnType<typeof wal2jsonFolder>> = { reason: "not looked for yet" };
  let client: Client;

  beforeAll(async () => {
    plugin = await wal2jsonFolder();
    if ("reason" in plugin) console.log(`Supabase's way is not tested: ${plugin.reason}`);
    await administer(database, (admin) => admin.query(`create role ${role} nologin`));
    client = await database.connect({ application_name: "realtime" });
    if ("folder" in plugin) await client.query(`set dynamic_library_path = '${plugin.folder}:$libdir'`);
  });
  afterAll(async () => {
    await client.end();
    if ("folder" in plugin) rmSync(plugin.folder, { recursive: true });
    await database.query(`drop owned by ${role} cascade`);
    await administer(database, (admin) => admin.query(`drop role ${role}`));
  });
  beforeEach(async (context) => {
    if ("reason" in plugin) return skipBecause(context, plugin.reason);
    await database.query(`create publication supabase_realtime; grant usage on schema app to ${role}`);
  });
  afterEach(async () => {
    if ("folder" in plugin) await database.query("select pg_drop_replication_slot($1)", [slot]);
  });

  /** An update, and a slot that begins after it. */
  const begin = async (partitionAccess: "closed" | "mirror", changes: Partial<TableSpecArgs> = {}) => {
    const run = await up(database, deployment, at("2025-03-10", partitionAccess, changes));
    expect(run.error).toBeUndefined();
    await client.query("select pg_create_logical_replication_slot($1, 'wal2json')", [slot]);
    return run.messages;
  };
  const insert = (id: number, day: string, company = "acme") =>
    database.query("insert into app.events values ($1, $2, $3)", [id, day, company]);
  const delivered = () => poll(client, slot, "supabase_realtime", subscriber);

  it("closed partitions: every change is refused as unauthorized, as warned", async () => {
    const messages = await begin("closed");
    expect(messages.join("\n")).toContain('Set partitionAccess: "mirror"');
    await insert(1, "2025-03-14");
    expect(await delivered()).toEqual([{ table: "app.events_p2025_03", id: "1", verdict: "401 unauthorized" }]);
  });

  it("mirrored partitions: own rows are delivered by the partition's name, others' are not, also across a roll", async () => {
    const messages = await begin("mirror");
    expect(messages.join("\n")).not.toContain("Supabase Realtime");
    await insert(1, "2025-03-14");
    await insert(2, "2025-03-14", "other");
    expect(await delivered()).toEqual([
      { table: "app.events_p2025_03", id: "1", verdict: "delivered" },
      { table: "app.events_p2025_03", id: "2", verdict: "hidden by a policy" },
    ]);
    expect((await up(database, deployment, at("2025-04-10", "mirror"))).error).toBeUndefined();
    await insert(3, "2025-05-14");
    expect(await delivered()).toEqual([{ table: "app.events_p2025_05", id: "3", verdict: "delivered" }]);
  });

  it("publish_via_partition_root: the publication lists the table, wal2json names the partition, nothing is sent", async () => {
    await database.query("alter publication supabase_realtime set (publish_via_partition_root = true)");
    const messages = await begin("mirror");
    expect(messages.join("\n")).toContain("subscribers get nothing. Set it to false");
    await insert(1, "2025-03-14");
    expect(await delivered()).toEqual([]);
  });

  it("changes that were not polled before their partition was detached are lost: the publication does not list it any more", async () => {
    await begin("mirror");
    await insert(1, "2025-02-14");
    await up(database, deployment, at("2025-04-10", "mirror"));
    await insert(2, "2025-03-14");
    expect(await delivered()).toEqual([{ table: "app.events_p2025_03", id: "2", verdict: "delivered" }]);
  });

  it("C15 a slot of wal2json that lags is named before a partition is dropped", async () => {
    await begin("mirror");
    await insert(1, "2025-02-14");
    await up(database, deployment, at("2025-04-10", "mirror"));
    const { messages } = await up(database, deployment, at("2025-04-20", "mirror"));
    expect(messages.join("\n")).toContain(
      `replication slot "${slot}" has not read all changes of "events_p2025_02" yet`,
    );
  });
});
