import fc from "fast-check";
import { expect, test } from "vitest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { compareInstants, type Instant } from "../../../core/time/instant";
import { formatInterval, overlaps } from "../../../core/time/interval";
import { findIntervalAt } from "../../../core/time/grid";
import { hasExpired, computeHorizon, planWindow } from "../../../core/window/window-partitions";
import type { WindowSpec } from "../../../core/declare/table/spec";
import { calendar, grid, instant } from "../support/arbitraries";
import { windowSpec } from "../support/specs";
import { clocksAt, World } from "../support/world";

/** Windows of up to some hundred partitions in any calendar; every kind of end for expired ones. */
const windows: fc.Arbitrary<WindowSpec> = calendar.chain(({ zone, period }) =>
  fc
    .record({
      lead: fc.integer({ min: 1, max: 4 }),
      retention: fc.integer({ min: 1, max: 14 }),
      unit: fc.constantFrom(period, period === "year" ? "month" : period),
      onExpire: fc.constantFrom<"detach" | "drop">("detach", "drop"),
      grace: fc.constantFrom("none" as const, "7 days" as const),
      resources: fc.constantFrom<"partition" | "window">("partition", "window"),
      max: fc.constantFrom(1, 3, 50),
    })
    .map(({ lead, retention, unit, onExpire, grace, resources, max }) =>
      windowSpec({
        partitionBy: [{ range: "ts", every: period, zone }],
        window: {
          lead: `${lead} ${period}s`,
          retention: `${unit === "month" && period === "year" ? retention * 5 : retention} ${unit}s`,
        },
        onExpire,
        ...(onExpire === "drop" ? { grace } : {}),
        resources,
        maxDropsPerUpdate: max,
      } as Partial<TableSpecArgs>),
    ),
);

const clocks = (now: Instant, spec: WindowSpec) => clocksAt(now, { asOf: planWindow(spec, now).asOf });

/** Time that passes: at most some twenty intervals of the table. */
function passed(spec: WindowSpec, now: Instant, percent: number): Instant {
  const { nextRoll = now, asOf } = planWindow(spec, now);
  return now.add({ seconds: Math.floor((asOf.until(nextRoll).total("seconds") * percent) / 100) });
}

/** Updates until nothing is due: expiry by the clock takes a few at a time. */
function settle(world: World, spec: WindowSpec, now: Instant) {
  for (let round = 0; round < 60; round++) {
    const plan = world.up(spec, clocks(now, spec));
    if (plan.problems.length > 0 || plan.work.length + plan.plan.createCount === 0) return plan;
  }
  throw new Error("the plan never became empty");
}

test("the window begins at the horizon, holds the present, reaches the lead, without gap", () => {
  fc.assert(
    fc.property(windows, instant, (spec, now) => {
      const { desired, horizon, nextRoll, runway, problems } = planWindow(spec, now);
      expect(problems).toEqual([]);
      expect(desired.some((each) => compareInstants(each.from, now) <= 0 && compareInstants(now, each.to) < 0)).toBe(
        true,
      );
      expect(desired.every((each) => !hasExpired(each.to, horizon))).toBe(true);
      for (const [index, each] of desired.slice(1).entries())
        expect(desired[index] && compareInstants(desired[index].to, each.from)).toBe(0);
      expect(nextRoll && compareInstants(nextRoll, now)).toBeGreaterThan(0);
      expect(runway && nextRoll && compareInstants(runway, nextRoll)).toBeGreaterThan(0);
    }),
    { numRuns: 150 },
  );
});

test("a window means the same at every moment of its current interval", () => {
  fc.assert(
    fc.property(windows, instant, (spec, now) => {
      const { asOf, nextRoll, desired } = planWindow(spec, now);
      const last = planWindow(spec, nextRoll?.subtract({ nanoseconds: 1000 }) ?? now);
      expect(compareInstants(last.asOf, asOf)).toBe(0);
      expect(last.desired.map(formatInterval)).toEqual(desired.map(formatInterval));
    }),
    { numRuns: 60 },
  );
});

test("the horizon never moves back while the clock continues", () => {
  fc.assert(
    fc.property(windows, instant, fc.integer({ min: 0, max: 24 * 500 }), (spec, now, hours) => {
      const [before, after] = [computeHorizon(spec, now), computeHorizon(spec, now.add({ hours }))];
      expect(before && after && compareInstants(before, after)).toBeLessThanOrEqual(0);
    }),
    { numRuns: 300 },
  );
});

test("the plan of an applied plan is empty", () => {
  fc.assert(
    fc.property(windows, instant, fc.integer({ min: 0, max: 2000 }), (spec, now, percent) => {
      const world = new World();
      settle(world, spec, now);
      const again = world.plan(spec, clocks(now, spec));
      expect([again.work, again.plan.createCount, again.plan.statementCount, again.problems]).toEqual([[], 0, 0, []]);
      const later = passed(spec, now, percent);
      settle(world, spec, later);
      expect(world.plan(spec, clocks(later, spec)).work).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test("any two windows give a legal plan: no overlap, nothing wanted or not expired is retired, the present never", () => {
  fc.assert(
    fc.property(windows, windows, instant, fc.integer({ min: -500, max: 2000 }), (first, second, now, percent) => {
      const world = new World();
      settle(world, first, now);
      const later = passed(first, now, percent);
      const before = planWindow(first, later).desired;
      const plan = world.up(second, clocks(later, second));
      const after = planWindow(second, later).desired;
      for (const item of plan.retirements) {
        expect(hasExpired(item.bounds.to, computeHorizon(second, later))).toBe(true);
        expect(item.bounds.to && compareInstants(item.bounds.to, later)).toBeLessThanOrEqual(0);
        const wanted = (list: typeof after) =>
          list.some((each) => formatInterval(each) === formatInterval(item.bounds));
        expect(wanted(after) && (item.verb !== "drop" || wanted(before))).toBe(false);
      }
      for (const [index, partition] of world.partitions.entries()) {
        for (const other of world.partitions.slice(index + 1))
          expect(partition.bounds && other.bounds && overlaps(partition.bounds, other.bounds)).toBe(false);
      }
      const names = [...world.partitions, ...world.detached].map((table) => table.name);
      expect(new Set(names).size).toBe(names.length);
      if (plan.problems.some((problem) => problem.code === "declared-cut"))
        expect(plan.retirements.filter((item) => item.verb === "detach")).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test("a random grid of segments gives a window without gap, with names of its own", () => {
  fc.assert(
    fc.property(grid, fc.integer({ min: 0, max: 700 }), ({ zone, grid: segments }, days) => {
      const spec = { ...windowSpec(), grid: segments, key: { ...windowSpec().key, zone } };
      const now = (segments[0]?.from ?? segments[0]?.to)?.add({ hours: 24 * days });
      if (!now || !findIntervalAt(segments, now, zone)) return;
      const { desired, problems } = planWindow(spec, now);
      expect(problems).toEqual([]);
      expect(new Set(desired.map((each) => each.name)).size).toBe(desired.length);
      for (const [index, each] of desired.slice(1).entries())
        expect(desired[index] && compareInstants(desired[index].to, each.from)).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test("a clock that goes back retires nothing", () => {
  fc.assert(
    fc.property(windows, instant, fc.integer({ min: 1, max: 24 * 800 }), (spec, now, hours) => {
      const world = new World();
      settle(world, spec, now);
      const plan = world.plan(spec, clocks(now.subtract({ hours }), spec));
      expect(plan.retirements).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test("with a program's clock ahead nothing is retired that the database's clock does not also expire", () => {
  fc.assert(
    fc.property(windows, instant, fc.integer({ min: 0, max: 24 * 800 }), (spec, now, hours) => {
      const world = new World();
      settle(world, spec, now);
      const asOf = planWindow(spec, now.add({ hours })).asOf;
      expect(world.plan(spec, { asOf, database: now, trusted: undefined }).retirements).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
