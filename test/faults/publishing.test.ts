import { beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { stopAt } from "../support/harness/stop-at";
import { configOf, left, program } from "../support/harness/fixture";
import { Deployment } from "../support/harness/deployment";
import { startInserts } from "../support/harness/insert-ledger";
import { killMatrix, undisturbed } from "../support/harness/matrix";
import { preview, up } from "../support/harness/rounds";
import { until } from "../support/harness/until";
import { allowedMs, waitsDuring } from "../support/harness/waits";
import { withDeployment } from "../support/harness/with-deployment";
import { itAlike } from "../support/sample";

const at = (publications: TableSpecArgs["publications"]) =>
  program("2025-03-10T00:00:00Z", {
    window: { lead: "1 day", retention: "1 month" },
    indexes: {},
    ...(publications === undefined ? {} : { publications }),
  });
const filtered = (where: string) => at({ eu: { create: true, where } });

describe.each(testVersions())("PostgreSQL %s, plugin killed while it publishes", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const scenario = { database, config: configOf(database) };
  const publishing = (point: string) => point.includes("publication") || point.includes("PUBLICATION");

  itAlike(version)(
    "killed at every step of a changed row filter, also between DROP TABLE and ADD TABLE: no state without the table is ever left",
    async () => {
      const change = { ...scenario, before: [{ program: filtered("id > 1") }], program: filtered("id > 2") };
      const wanted = await undisturbed(change);
      expect(wanted.dump).toMatch(/publication eu .* tables=app.events where \(id > 2\)/);
      const between = wanted.points.filter((point) => /^after .*#1$/.test(point) && publishing(point));
      expect(between).toHaveLength(1);
      const result = await killMatrix(change, wanted, publishing);
      expect(result.problems).toEqual([]);
      expect(result.points).toBeGreaterThanOrEqual(5);
    },
    240_000,
  );

  it("killed between DROP TABLE and ADD TABLE: the table is still published by its old filter, and the next up changes it", async () => {
    await up(database, deployment, filtered("id > 1"));
    const env = { PGPARTITION_FAULT: "after publication eu of app.events #1:kill" };
    expect((await up(database, deployment, filtered("id > 2"), { env })).error).toBeDefined();
    expect((await left(database)).dump).toMatch(/publication eu .* tables=app.events where \(id > 1\)/);
    expect((await up(database, deployment, filtered("id > 2"))).error).toBeUndefined();
    expect((await left(database)).dump).toMatch(/publication eu .* tables=app.events where \(id > 2\)/);
  });

  itAlike(version)(
    "killed at every step of creating a publication: the next up creates it once, and it is recorded as managed",
    async () => {
      const making = { ...scenario, before: [{ program: at(undefined) }], program: at({ eu: { create: true } }) };
      const wanted = await undisturbed(making);
      const result = await killMatrix(making, wanted, publishing);
      expect(result.problems).toEqual([]);
      expect(result.points).toBeGreaterThanOrEqual(4);
    },
    240_000,
  );
});

describe.each(testVersions())("PostgreSQL %s, locks of a membership", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  beforeEach(async () => {
    expect((await up(database, deployment, at(undefined))).error).toBeUndefined();
  });

  it("writers are not blocked while a membership is added and changed, nor while it waits behind a VACUUM-like lock", async () => {
    const ledger = startInserts(database, {
      schema: "app",
      table: "events",
      times: ["2025-02-14T00:00:00Z", "2025-03-05T00:00:00Z"],
      clients: 4,
    });
    const waits = await waitsDuring(database, async () => {
      expect((await up(database, deployment, filtered("id > 1"))).error).toBeUndefined();
      const vacuum = await database.connect({ application_name: "vacuum" });
      await vacuum.query("begin; lock table app.events in share update exclusive mode");
      const run = up(database, deployment, filtered("id > 2"), {
        started: (plugin) =>
          void until(() => plugin.messages.some((message) => message.includes('"vacuum"'))).then(() =>
            vacuum.query("commit"),
          ),
      });
      expect((await run).error).toBeUndefined();
      await vacuum.end();
    });
    await ledger.stop();
    expect(ledger.acknowledged).toBeGreaterThan(20);
    expect(ledger.refused).toEqual({});
    expect(waits.worst?.ms ?? 0).toBeLessThanOrEqual(allowedMs(waits, 20));
    expect((await left(database)).dump).toMatch(/publication eu .* tables=app.events where \(id > 2\)/);
  });

  it("each statement takes the locks that preview names: SHARE UPDATE EXCLUSIVE on the table, nothing on a partition", async () => {
    const declared = filtered("id > 1");
    const shown = (await preview(database, deployment, declared)).messages.join("\n");
    expect(shown).toContain("-- parent app.events SHARE UPDATE EXCLUSIVE | instant");
    const stop = stopAt("after publication eu of app.events #1");
    const run = up(database, deployment, declared, { env: stop.env });
    const locks = async () =>
      (
        await database.query<{ line: string }>(`select distinct format('%s %s', l.relation::regclass, l.mode) as line
          from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
          join pg_stat_activity a on a.pid = l.pid
          where n.nspname = 'app' and a.application_name like 'pulumi-pgpartition%' and l.mode <> 'AccessShareLock' order by 1`)
      ).map(({ line }) => line);
    await stop.reached();
    expect(await locks()).toEqual(["app.events ShareUpdateExclusiveLock"]);
    stop.goOn();
    expect((await run).error).toBeUndefined();
  });

  itAlike(version)(
    "two stacks create one publication at once: both tables are in it, and the next update has nothing to do",
    async () => {
      const table = (name: string) =>
        program("2025-03-10T00:00:00Z", {
          table: name,
          window: { lead: "1 day", retention: "1 month" },
          indexes: {},
          publications: { eu: { create: true } },
        });
      const second = new Deployment("faults", "second");
      const stop = stopAt("before begin publication eu of app.events");
      const first = up(database, deployment, table("events"), { env: stop.env });
      await stop.reached();
      const faster = await up(database, second, table("others"));
      stop.goOn();
      const runs = [await first, faster];
      expect(runs.map((run) => run.error)).toEqual([undefined, undefined]);
      expect((await left(database)).dump).toContain("tables=app.events, app.others");
      expect((await up(database, deployment, table("events"))).steps).toEqual([]);
      expect((await up(database, second, table("others"))).steps).toEqual([]);
    },
  );
});
