// A partition without a beginning, of a segment of its own, or of odd size is never one interval among others.
import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { anyVersion, withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { partitions, nothingLeft } from "./support";

const MARCH = "2025-03-10T00:00:00Z";
const OLD = "../2025-01-01T00:00:00Z";
const forever = { lead: "1 month", retention: "forever", start: "2025-01-01" } as const;
const window = (retention: `${number} months`, start?: string) =>
  ({ lead: "1 month", retention, ...(start === undefined ? {} : { start }) }) as const;

describe.each(anyVersion())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  /**
   * Years of rows in one partition with these bounds, and the months of 2025 after it, as another tool made them. Counted, so that
   * the server does not do it between two runs whose answers are compared.
   */
  async function adopted(from: string, changes: Partial<TableSpecArgs>): Promise<void> {
    await database.query(`create table app.events (id bigint not null, at timestamptz not null, note text, primary key (id, at)) partition by range (at);
      create table app.events_old partition of app.events for values from (${from}) to ('2025-01-01 00:00+00');
      insert into app.events select n, timestamptz '2024-12-31 00:00+00' - n * interval '1 day', 'x' from generate_series(1, 300) n;
      analyze app.events_old`);
    expect((await run(MARCH, changes)).error).toBeUndefined();
    expect(await partitions(database)).toContain("events_old");
  }

  const run = (asOf: string, changes: Partial<TableSpecArgs>) =>
    up(database, deployment, program(asOf, { indexes: {}, grace: "none", ...changes }));
  const rows = async () => (await database.query<{ n: number }>("select count(*)::int as n from app.events"))[0]?.n;

  it.each(["partition", "window"] as const)(
    "resources %s: a cut that would take the partition without a beginning is refused with its bound, which confirms it",
    async (resources) => {
      await adopted("minvalue", { window: forever, resources });
      const cut = { window: window("2 months"), resources };
      const shown = await preview(database, deployment, program(MARCH, { indexes: {}, grace: "none", ...cut }));
      expect(shown.error).toContain('Of "events_old": it has no beginning');
      expect((await run(MARCH, cut)).error).toBe(shown.error);
      expect(await rows()).toBe(300);
      const confirmDrops = JSON.parse(/confirmDrops: (\[[^\]]*\])/.exec(shown.error ?? "")?.[1] ?? "[]") as string[];
      expect(confirmDrops).toEqual([OLD]);
      const confirmed = await run(MARCH, { ...cut, confirmDrops });
      expect(confirmed.error).toBeUndefined();
      expect(await partitions(database)).not.toContain("events_old");
      await nothingLeft(database, deployment, program(MARCH, { indexes: {}, grace: "none", ...cut, confirmDrops }));
    },
  );

  it("the cut that would retire nothing names the start that the window needs, and passes with it", async () => {
    await adopted("minvalue", { window: forever, resources: "window" });
    const refused = await run(MARCH, { window: window("3 months"), resources: "window" });
    expect(refused.error).toContain('"events_old" has no beginning, so it contains every earlier interval');
    const start = /start: "([^"]+)"/.exec(refused.error ?? "")?.[1];
    const done = await run(MARCH, { window: window("3 months", start), resources: "window" });
    expect(done.error).toBeUndefined();
    expect(await rows()).toBe(300);
    expect(await partitions(database)).toContain("events_old");
  });

  it("by the clock it waits with its reason, and the months after it continue", async () => {
    await adopted("minvalue", { window: window("3 months", "2025-01-01") });
    const june = ["2025-06-10T00:00:00Z", { window: window("3 months", "2025-01-01") }] as const;
    const shown = await preview(database, deployment, program(june[0], { indexes: {}, grace: "none", ...june[1] }));
    expect(shown.messages.join("\n")).toMatch(
      /detach events_old \[\.\., 2025-01-01\).*it has no beginning, so it is retired only if confirmed by itself; add "\.\.\/2025-01-01T00:00:00Z" to confirmDrops/,
    );
    expect((await run(...june)).error).toBeUndefined();
    expect((await partitions(database)).sort()).toEqual([
      "events_old",
      ...["03", "04", "05", "06", "07"].map((month) => `events_p2025_${month}`),
    ]);
    expect((await run(...june)).steps).toEqual([]);
    expect((await run(june[0], { ...june[1], confirmDrops: [OLD] })).error).toBeUndefined();
    expect(await rows()).toBe(0);
  });

  it.each([
    ["a separate segment", "whole"],
    ["a year that the grid does not know", "month"],
  ] as const)(
    "%s is refused where a hold is removed, and waits where one has come to its end",
    async (_what, every) => {
      const grid = [
        { from: "2024-01-01", to: "2025-01-01", every, ...(every === "whole" ? { name: "events_old" } : {}) },
        { from: "2025-01-01", every: "month", name: "{table}_m{yyyy}{mm}" },
      ] as const;
      const held = (until?: string): Partial<TableSpecArgs> => ({
        window: window("2 months", "2025-01-01"),
        partitionBy: [{ range: "at", grid: every === "whole" ? grid : [grid[1]] }],
        holds: [{ from: "2024-05-01", to: "2024-06-01", reason: "case 7", ...(until === undefined ? {} : { until }) }],
        maxDropsPerUpdate: 5,
      });
      // Not expired on the day of its adoption.
      await adopted("'2024-01-01 00:00+00'", { ...held(), window: window("8 months", "2025-01-01") });
      await run(MARCH, held());
      const { holds: _, ...free } = held();
      const refused = await run(MARCH, free);
      expect(refused.error).toContain('confirmDrops: ["2024-01-01T00:00:00Z/2025-01-01T00:00:00Z"]');
      const ended = held("2025-04-01");
      expect((await run(MARCH, ended)).error).toBeUndefined();
      expect((await run("2025-04-10T00:00:00Z", ended)).error).toBeUndefined();
      expect(await rows()).toBe(300);
      expect(await partitions(database)).not.toContain("events_m202501");
    },
  );
});
