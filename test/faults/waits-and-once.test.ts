import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Client } from "pg";
import { anyVersion, ownRole, withDatabase } from "../support/database";
import { ArchiveFolder } from "../support/harness/archive-folder";
import { Deployment } from "../support/harness/deployment";
import { impossibleLives } from "../support/harness/dump";
import { left, program } from "../support/harness/fixture";
import type { PluginProcess } from "../support/harness/plugin";
import { preview, up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";

const window = { lead: "1 day", retention: "1 month" } as const;
const march = program("2025-03-10T00:00:00Z", { window });
const april = program("2025-04-10T00:00:00Z", { window });
const budget = (lockBudgetMs: string) => ({ config: { lockBudgetMs } });

describe.each(anyVersion())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  let held: Client | undefined;

  beforeEach(async () => {
    expect((await up(database, deployment, march)).error).toBeUndefined();
  });
  afterEach(async () => {
    await held?.end();
    held = undefined;
  });

  async function hold(table: string): Promise<number> {
    held = await database.connect({ application_name: "vacuum full", ...ownRole(database) });
    const { rows } = await held.query<{ pid: number }>("select pg_backend_pid() as pid");
    await held.query("begin");
    await held.query(`lock table only ${table} in access exclusive mode`);
    return rows[0]?.pid ?? 0;
  }

  const readers = (pid: number) =>
    database.query<{ began: string }>(
      "select query_start::text as began from pg_stat_activity where application_name = 'pulumi-pgpartition' and $1 = any(pg_blocking_pids(pid))",
      [pid],
    );

  it.each(["app.events", "pgpartition.registry"])(
    "C02 %s is locked by another session while up reads it: it waits in short tries, and continues when the lock is let go",
    async (table) => {
      const pid = await hold(table);
      const run = up(database, deployment, april, budget("120000"));
      const tries = new Set<string>();
      await until(async () => {
        for (const { began } of await readers(pid)) tries.add(began);
        return tries.size > 1;
      }, 60_000);
      await held?.query("rollback");
      expect((await run).error).toBeUndefined();
      expect((await preview(database, deployment, april)).steps).toEqual([]);
    },
  );

  it("C02 a table remains locked: preview and up name the table, the blocking session and what to do, and change nothing", async () => {
    const pid = await hold("app.events");
    for (const run of [preview, up]) {
      const { error } = await run(database, deployment, april, budget("500"));
      expect(error).toContain('reading table "app"."events": no lock of app.events in ');
      expect(error).toContain(`pid ${String(pid)} ("vacuum full", idle in transaction, transaction `);
      expect(error).toContain("End that session or let it finish, then run the update again");
    }
    await held?.query("rollback");
    expect((await up(database, deployment, april)).error).toBeUndefined();
  });

  const lives = async (partition: string) =>
    (
      await database.query<{ event: string }>(
        "select event from pgpartition.ledger where partition_name = $1 order by id",
        [partition],
      )
    ).map(({ event }) => event);

  it.each([
    ["after the intent", "before detach app.events_p2025_02"],
    ["after the detach, before its entry", "before begin detached app.events_p2025_02"],
    ["after the entry", "after commit detached app.events_p2025_02"],
  ])(
    "A07 killed twice %s: the ledger has every step of the partition once, and the plan is empty",
    async (_, point) => {
      for (let kill = 0; kill < 2; kill += 1)
        await up(database, deployment, april, { env: { PGPARTITION_FAULT: `${point}:kill` } });
      expect((await up(database, deployment, april)).error).toBeUndefined();
      expect(await lives("events_p2025_02")).toEqual(["created", "detaching", "detached"]);
      expect((await preview(database, deployment, april)).steps).toEqual([]);
      expect((await left(database)).orphans).toEqual([]);
    },
  );

  it("A07 killed before the entry of a detach: preview reports it, and the grace begins when it is written", async () => {
    const env = { PGPARTITION_FAULT: "before begin detached app.events_p2025_02:kill" };
    await up(database, deployment, april, { env });
    // The intent promised the 17th; nine days later nothing is dropped for it.
    const later = program("2025-04-19T00:00:00Z", { window });
    const seen = await preview(database, deployment, later);
    expect(seen.messages.join("\n")).toContain("killed before it recorded that; its grace begins now");
    expect((await up(database, deployment, later)).error).toBeUndefined();
    expect(await lives("events_p2025_02")).toEqual(["created", "detaching", "detached"]);
    const grown = program("2025-04-27T00:00:00Z", { window });
    expect((await up(database, deployment, grown)).error).toBeUndefined();
    expect(await lives("events_p2025_02")).toEqual(["created", "detaching", "detached", "dropped"]);
  });

  it("A07 killed before the entry, and wanted again: it comes back with its whole life in the ledger", async () => {
    const env = { PGPARTITION_FAULT: "before begin detached app.events_p2025_02:kill" };
    await up(database, deployment, april, { env });
    const longer = program("2025-04-10T00:00:00Z", { window: { ...window, retention: "2 months" } });
    // The state of the killed run still has the partition: one that knows nothing asks the database.
    expect((await up(database, new Deployment(deployment.project, deployment.stack), longer)).error).toBeUndefined();
    expect(await lives("events_p2025_02")).toEqual(["created", "detaching", "detached", "attached"]);
    expect(await impossibleLives(database)).toEqual([]);
  });

  it("an old ledger that has the intent twice and no end is read as one pass, and ended once", async () => {
    await database.query("alter table app.events detach partition app.events_p2025_02");
    await database.query(
      `insert into pgpartition.ledger (schema_name, table_name, partition_name, partition_oid, lower_bound, upper_bound, event, effective_at, run, detail)
       select 'app', 'events', 'events_p2025_02', 'app.events_p2025_02'::regclass::oid, '2025-02-01Z', '2025-03-01Z', 'detaching', '2025-04-01Z', 'old', '{"dropAfter": "2025-04-08T00:00:00Z"}'
       from generate_series(1, 2)`,
    );
    expect((await up(database, deployment, april)).error).toBeUndefined();
    expect(await lives("events_p2025_02")).toEqual(["created", "detaching", "detaching", "detached"]);
    expect((await preview(database, deployment, april)).steps).toEqual([]);
  });

  it("C06 another session drops what up is about to drop: it continues, and says that it was read again", async () => {
    const none = program("2025-04-10T00:00:00Z", { window, grace: "none" });
    const point = "before begin drop app.events_p2025_02";
    const stop = stopAt(point);
    const run = up(database, deployment, none, { env: stop.env });
    await stop.reached();
    await database.query("drop table app.events_p2025_02");
    stop.goOn();
    const { error, messages } = await run;
    expect([error, messages.filter((line) => line.includes("read again"))]).toEqual([
      undefined,
      [expect.stringContaining("42P01")],
    ]);
    expect((await preview(database, deployment, none)).steps).toEqual([]);
  });

  it("C07 two updates archive one partition: the second one waits, finds it done, says so, and the ledger has it once", async () => {
    const folder = new ArchiveFolder();
    try {
      const declared = program("2025-04-10T00:00:00Z", folder.declared({ window }));
      const [one, other] = [copy(deployment), copy(deployment)];
      const point = "after manifest of events_p2025_02";
      const stop = stopAt(point);
      const first = up(database, one, declared, { env: stop.env });
      await stop.reached();
      let waiting: PluginProcess | undefined;
      const started = (plugin: PluginProcess) => void (waiting = plugin);
      const second = up(database, other, declared, { ...budget("120000"), started });
      const said = "waiting for the lock of table";
      await until(() => waiting?.messages.some((line) => line.includes(said)) === true, 60_000);
      stop.goOn();
      const runs = await Promise.all([first, second]);
      expect(runs.map(({ error }) => error)).toEqual([undefined, undefined]);
      expect((await lives("events_p2025_02")).filter((event) => event === "archived")).toEqual(["archived"]);
      expect(await impossibleLives(database)).toEqual([]);
      expect(folder.objects(database, "20250201", 2)).toEqual([]);
      expect((await left(database)).orphans).toEqual([]);
    } finally {
      folder.remove();
    }
  });
});

function copy(of: Deployment): Deployment {
  const other = new Deployment(of.project, of.stack);
  for (const [urn, entry] of of.state) other.state.set(urn, entry);
  return other;
}
