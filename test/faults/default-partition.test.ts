import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { indexLines, partitions } from "../provider/support";
import { testVersions, withDatabase } from "../support/database";
import { configOf, left, program } from "../support/harness/fixture";
import { killMatrix, type Scenario, undisturbed } from "../support/harness/matrix";
import type { Plugin } from "../support/harness/plugin";
import { preview, refresh, up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { commitWhenNamed, type Loaded, PATIENT, underLoad } from "../support/harness/under-load";
import { allowedMs } from "../support/harness/waits";
import { withDeployment } from "../support/harness/with-deployment";
import { itAlike } from "../support/sample";

const lockTimeoutMs = 100;
const near = { lead: "1 day", retention: "1 month" } as const;
const far = { lead: "1 month", retention: "1 month" } as const;
const declared = (window: TableSpecArgs["window"], changes: Partial<TableSpecArgs> = {}) =>
  program("2025-03-10T00:00:00Z", { window, defaultPartition: {}, ...changes });
const april = ["2025-04-03T00:00:00Z", "2025-04-14T00:00:00Z"];
const everywhere = ["2025-02-14T00:00:00Z", "2025-03-14T00:00:00Z", ...april, "2026-01-01T00:00:00Z"];

/** Negative numbers: the ledger of the inserts does not know them. */
const rows = (n: number, at: string, from = 1) =>
  `insert into app.events select -n, timestamptz '${at}' + n * interval '1 second', 'x' from generate_series(${String(from)}, ${String(from + n - 1)}) n`;
/** More than are moved, and of no time that a window reaches. */
const ballast = `insert into app.events select -n, 'infinity', 'x' from generate_series(100001, 112000) n`;

const newest = Math.max(...testVersions());

describe.each(testVersions())("PostgreSQL %s, rows in the default partition", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  const counts = async (): Promise<Record<string, number>> => {
    const found = await database.query<{ name: string; n: number }>(
      "select tableoid::regclass::text as name, count(*)::int as n from app.events where id < 0 group by 1 order by 1",
    );
    return Object.fromEntries(found.map(({ name, n }) => [name.replace("app.events_", ""), n]));
  };

  const expectHarmless = async ({ run, waits, ledger }: Loaded): Promise<void> => {
    expect(run.error).toBeUndefined();
    expect(waits.worst?.ms ?? 0).toBeLessThanOrEqual(allowedMs(waits, lockTimeoutMs));
    expect(ledger.acknowledged).toBeGreaterThan(20);
    expect(await ledger.violations()).toEqual([]);
    // A row that was routed before the ATTACH and arrives after it; the client's next try succeeds.
    expect(Object.keys(ledger.refused).filter((state) => state !== "23514")).toEqual([]);
  };

  it("D06 rows arrive for the range before, while and after its partition is attached: moved, and each exists exactly once", async () => {
    await up(database, deployment, declared(near));
    await database.query(rows(2_000, "2025-04-01"));
    const loaded = await underLoad(database, everywhere, () => up(database, deployment, declared(far)));
    await expectHarmless(loaded);
    expect(await counts()).toEqual({ p2025_04: 2_000 });
    const strays = await database.query("select from only app.events_default where at < '2025-05-01' limit 1");
    expect(strays).toEqual([]);
    expect((await preview(database, deployment, declared(far))).steps).toEqual([]);
  });

  itAlike(version)("D06 a row comes between the count and the lock: it is moved in a second try", async () => {
    await up(database, deployment, declared(near));
    const stop = stopAt("before create partition app.events_p2025_04 #3");
    const run = up(database, deployment, declared(far), { env: stop.env });
    await stop.reached();
    await database.query(rows(1, "2025-04-01"));
    stop.goOn();
    expect((await run).error).toBeUndefined();
    expect(await counts()).toEqual({ p2025_04: 1 });
    expect((await preview(database, deployment, declared(far))).steps).toEqual([]);
  });

  itAlike(version)(
    "D06 among many others, rows of the range are moved while no session waits for the reading of the rest",
    async () => {
      await up(database, deployment, declared(near));
      await database.query(`${ballast}; ${rows(500, "2025-04-01")}`);
      const shown = await preview(database, deployment, declared(far));
      expect(shown.messages.join("\n")).not.toContain("SCAN_DEFAULT");
      const loaded = await underLoad(database, everywhere, () => up(database, deployment, declared(far)));
      await expectHarmless(loaded);
      expect(await counts()).toEqual({ default: 12_000, p2025_04: 500 });
      expect((await preview(database, deployment, declared(far))).steps).toEqual([]);
      expect((await left(database)).dump).not.toContain("validated=f");
    },
  );

  itAlike(version)(
    "D07 more than ten thousand rows of several months: refused with the count and the segment that takes them, nothing changed",
    async () => {
      await up(database, deployment, declared(near));
      await database.query(`${rows(10_500, "2025-04-01")}; ${rows(10_600, "2025-05-01", 20_000)}`);
      const wide = { lead: "2 months", retention: "1 month" } as const;
      const before = (await left(database)).dump;
      for (const run of [
        await preview(database, deployment, declared(wide)),
        await up(database, deployment, declared(wide)),
      ]) {
        expect(run.error).toMatch(
          /10500 rows of partition "events_p2025_04" \(2025-04-01T00:00:00Z\/2025-05-01T00:00:00Z\) are in the default partition "events_default"; up to 10000 are moved/,
        );
        expect(run.error).toContain(
          "reach from 2025-04-01T00:00:01Z to 2025-05-01T08:29:59Z: declare that range as one segment of the grid",
        );
      }
      expect((await left(database)).dump).toBe(before);
      expect(await counts()).toEqual({ default: 21_100 });
    },
  );

  const wholeGrid = (): Partial<TableSpecArgs> => ({
    partitionBy: [
      {
        range: "at",
        grid: [
          { every: "month" },
          { from: "2025-04-01", to: "2025-06-01", every: "whole", name: "events_spring" },
          { from: "2025-06-01", every: "month" },
        ],
      },
    ],
  });

  it("D07 declared as one segment, the default partition becomes it without moving a row, under inserts and reads", async () => {
    await up(database, deployment, declared(near));
    await database.query(`${rows(10_500, "2025-04-01")}; ${rows(10_600, "2025-05-01", 20_000)}`);
    const [{ file } = { file: "" }] = await database.query<{ file: string }>(
      "select pg_relation_filenode('app.events_default')::text as file",
    );
    const whole = declared({ lead: "2 months", retention: "1 month" }, wholeGrid());
    const shown = await preview(database, deployment, whole);
    expect(shown.messages.join("\n")).toContain('ALTER TABLE "app"."events_default" RENAME TO "events_spring";');
    const loaded = await underLoad(database, [...everywhere.slice(0, 4), "2025-05-20T00:00:00Z"], () =>
      up(database, deployment, whole),
    );
    await expectHarmless(loaded);
    expect(await counts()).toEqual({ spring: 21_100 });
    expect(await database.query("select pg_relation_filenode('app.events_spring')::text as file")).toEqual([{ file }]);
    expect(await partitions(database)).toEqual([
      "events_default",
      "events_p2025_02",
      "events_p2025_03",
      "events_spring",
    ]);
    expect(await indexLines(database, "default|spring")).toEqual([
      "events_default_by_note valid < events_by_note",
      "events_default_pkey valid < events_pkey",
      "events_spring_by_note valid < events_by_note",
      "events_spring_pkey valid < events_pkey",
    ]);
    expect((await preview(database, deployment, whole)).steps).toEqual([]);
    await refresh(database, deployment, whole);
    expect((await preview(database, deployment, whole)).steps).toEqual([]);
    expect((await left(database)).dump).not.toMatch(/holds_range|validated=f/);
  });

  it("D06 D07 a reader of the default partition is in the way: each way of passing it waits without stopping any session", async () => {
    await up(database, deployment, declared(near));
    await database.query(rows(100, "2025-04-01"));
    const reader = await database.connect({ application_name: "old reader" });
    await reader.query("begin; select count(*) from app.events_default");
    let ended = Promise.resolve();
    const loaded = await underLoad(database, everywhere, (ledger) => {
      const end = async (plugin: Plugin): Promise<void> => {
        await commitWhenNamed(reader, "old reader", plugin, ledger);
        await reader.end();
      };
      return up(database, deployment, declared(far), {
        started: (plugin) => void (ended = end(plugin)),
        config: PATIENT,
      });
    });
    await ended;
    expect(loaded.run.messages.join("\n")).toMatch(/waiting for pid \d+ \("old reader"/);
    await expectHarmless(loaded);
    expect(await counts()).toEqual({ p2025_04: 100 });
  });

  const steps =
    /(create partition app.events_p2025_04|exclude app.events_default|validate app.events_default|events_spring)/;

  itAlike(version)(
    "D06 killed at each step of a move with its ATTACH: the next up leaves the same, and no acknowledged row is lost",
    async () => {
      const scenario: Scenario = {
        database,
        config: configOf(database),
        before: [{ program: declared(near), sql: rows(300, "2025-04-01") }],
        program: declared(far),
        inserts: everywhere.slice(0, 4),
      };
      const wanted = await undisturbed(scenario);
      const result = await killMatrix(scenario, wanted, (point) => steps.test(point));
      expect(result.problems).toEqual([]);
      expect(result.points).toBeGreaterThanOrEqual(8);
    },
    400_000,
  );

  // The long sweeps once: the points are the same on every version.
  if (version === newest) {
    itAlike(version)(
      "D06 killed at each step with a large default partition: the next up leaves the same, and its CHECKs are settled",
      async () => {
        const scenario: Scenario = {
          database,
          config: configOf(database),
          before: [{ program: declared(near), sql: ballast }],
          program: declared(far),
          // With rows of the range among them it would go the other way.
          inserts: everywhere.slice(0, 2),
        };
        const wanted = await undisturbed(scenario);
        const result = await killMatrix(scenario, wanted, (point) => steps.test(point) && /^after/.test(point));
        expect(result.problems).toEqual([]);
        expect(result.points).toBeGreaterThanOrEqual(5);
      },
      400_000,
    );

    itAlike(version)(
      "D07 killed at each step while the default partition becomes a partition: the next up ends it",
      async () => {
        const scenario: Scenario = {
          database,
          config: configOf(database),
          before: [{ program: declared(near), sql: rows(10_500, "2025-04-01") }],
          program: declared({ lead: "2 months", retention: "1 month" }, wholeGrid()),
        };
        const wanted = await undisturbed(scenario);
        const result = await killMatrix(scenario, wanted, (point) => steps.test(point) && /^after/.test(point));
        expect(result.problems).toEqual([]);
        expect(result.points).toBeGreaterThanOrEqual(5);
      },
      400_000,
    );
  }
});
