import type { Client } from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { anyVersion, withDatabase } from "../support/database";
import { configOf, left, program, sessionsGone } from "../support/harness/fixture";
import { type Plugin, startPlugin } from "../support/harness/plugin";
import { preview, up } from "../support/harness/rounds";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { cancel, ddlOf, entryOf, identityOf, indexLines } from "./support";

const at = (indexes: Parameters<typeof program>[1]) =>
  program("2025-03-10T00:00:00Z", { window: { lead: "1 day", retention: "1 month" }, ...indexes });
const bare = at({ indexes: {} });
const indexed = at({ indexes: { by_note: { columns: ["note"] } } });

describe.each(anyVersion())("PostgreSQL %s, a build that is interrupted", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  let writer: Client;

  beforeEach(async () => {
    expect((await up(database, deployment, bare)).error).toBeUndefined();
    await database.query("insert into app.events select n, '2025-02-05', 'n' || n from generate_series(1, 1000) n");
    // A writer of the second partition alone: the first is built, the second waits for it.
    writer = await database.connect({ application_name: "old writer" });
    await writer.query("begin; insert into app.events_p2025_03 values (1, '2025-03-02', 'x')");
    return () => writer.end();
  });

  /** A run that has built the first partition and waits at the second. */
  async function waiting(): Promise<{ plugin: Plugin; run: Promise<string> }> {
    const plugin = await startPlugin({ config: configOf(database, { asOf: indexed.asOf }) });
    const run = deployment.up(plugin, indexed).then(
      () => "done",
      (error: Error) => error.message,
    );
    await until(async () => (await database.query(waitingBuild)).length > 0);
    return { plugin, run };
  }

  async function resumes(kept: string): Promise<void> {
    await sessionsGone(database);
    expect(await indexLines(database, "03_by_note|events_by_note")).toEqual([
      "events_by_note INVALID",
      "events_p2025_03_by_note INVALID",
    ]);
    await writer.query("rollback");
    let error: string | undefined;
    const sent = await statementsDuring(database, async () => ({ error } = await up(database, deployment, indexed)));
    expect(error).toBeUndefined();
    expect(ddlOf(sent)).toEqual([
      'DROP INDEX CONCURRENTLY "app"."events_p2025_03_by_note"',
      'CREATE INDEX CONCURRENTLY "events_p2025_03_by_note" ON "app"."events_p2025_03" USING btree ("note")',
      'ALTER INDEX "app"."events_by_note" ATTACH PARTITION "app"."events_p2025_03_by_note"',
    ]);
    expect(await identityOf(database, "app.events_p2025_02_by_note")).toBe(kept);
    expect((await left(database)).orphans).toEqual([]);
    expect((await preview(database, deployment, indexed)).steps).toEqual([]);
  }

  it("by kill -9: the next update drops the invalid partition index, keeps the finished one, and continues", async () => {
    const { plugin } = await waiting();
    const kept = await identityOf(database, "app.events_p2025_02_by_note");
    await plugin.kill();
    await resumes(kept);
  });

  it("by Cancel: ends within five seconds, red and partly done, and the next update continues", async () => {
    const { plugin, run } = await waiting();
    const kept = await identityOf(database, "app.events_p2025_02_by_note");
    const start = performance.now();
    await cancel(plugin);
    expect(await run).toMatch(/index "events_by_note".*is not on every partition yet.*`pulumi up` continues/);
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(entryOf(deployment, "events-by_note").outputs).toMatchObject({ valid: false });
    await plugin.stop();
    await resumes(kept);
  });

  it("by another session that cancels the statement: red, and the next update continues", async () => {
    const { plugin, run } = await waiting();
    const kept = await identityOf(database, "app.events_p2025_02_by_note");
    await database.query(`select pg_cancel_backend(pid) from (${waitingBuild}) waiting`);
    expect(await run).toContain("canceling statement due to user request");
    await plugin.stop();
    await resumes(kept);
  });

  it("by an INVALID index under the managed name on a partition, before any managed one existed", async () => {
    await writer.query("rollback; begin; insert into app.events_p2025_02 values (1, '2025-02-02', 'x')");
    const other = await database.connect({ application_name: "hand" });
    await other.query("set statement_timeout = '300ms'");
    const built = other.query("create index concurrently events_p2025_02_by_note on app.events_p2025_02 (note)");
    await expect(built).rejects.toThrow("statement timeout");
    await other.end();
    await writer.query("rollback");
    expect(await indexLines(database, "by_note")).toEqual(["events_p2025_02_by_note INVALID"]);
    expect((await up(database, deployment, indexed)).error).toBeUndefined();
    expect((await left(database)).orphans).toEqual([]);
    expect(await indexLines(database, "02_by_note")).toEqual(["events_p2025_02_by_note valid < events_by_note"]);
  });

  it("reports its progress meanwhile as status, and a partition that appears is covered too", async () => {
    const { plugin, run } = await waiting();
    const lines = () => plugin["lines"]() as readonly { readonly message: string; readonly ephemeral?: boolean }[];
    const progress = /index events_by_note on app\.events_p2025_03: waiting for .*waiting for 1 transactions/;
    await until(() => lines().some((line) => progress.test(line.message)));
    await database.query(`create table app.late (like app.events including all);
      alter table app.events attach partition app.late for values from ('2025-06-01 00:00+00') to ('2025-07-01 00:00+00')`);
    await writer.query("rollback");
    expect(await run).toBe("done");
    const told = lines().filter((line) => progress.test(line.message) || /partition \d of \d/.test(line.message));
    expect(told.every((line) => line.ephemeral === true)).toBe(true);
    expect(told.map((line) => line.message)).toEqual(
      expect.arrayContaining(["index events_by_note: partition 1 of 2", "index events_by_note: partition 2 of 2"]),
    );
    await plugin.stop();
    const { dump, orphans } = await left(database);
    expect(orphans).toEqual([]);
    expect(dump.match(/attached=app\.events_by_note$/gm)).toHaveLength(3);
  });
});

const waitingBuild = `select pid from pg_stat_activity where application_name like 'pulumi-pgpartition%'
  and datname = current_database() and query like '%CONCURRENTLY "events_p2025_03_by_note"%' and wait_event_type = 'Lock'`;
