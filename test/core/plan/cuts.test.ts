import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import type { WindowSpec } from "../../../core/declare/table/spec";
import { formatInterval } from "../../../core/time/interval";
import { windowSpec } from "../support/specs";
import { clocksAt } from "../support/world";
import { YEAR, rolled, retired, month } from "./support";

const cutTo = (retention: string, change: Partial<TableSpecArgs> = {}): WindowSpec =>
  windowSpec({ window: { lead: "3 months", retention: retention as "1 month" }, ...change });

describe("a declared cut (D10)", () => {
  test("of more intervals than maxDropsPerUpdate is refused with the bounds to confirm", () => {
    const plan = rolled().plan(cutTo("1 month"), clocksAt("2025-11-10"));
    expect(plan.retirements).toEqual([]);
    expect(plan.problems).toHaveLength(1);
    expect(plan.problems[0]).toMatchObject({ code: "declared-cut", path: "retention" });
    expect(plan.problems[0]?.message).toMatch(
      /would retire 11 intervals at once \(about 1100 rows: \S+_y2024m11 to \S+_y2025m09\); maxDropsPerUpdate is 3/,
    );
    expect(plan.problems[0]?.fix).toContain(`confirmDrops: ["${month(2024, 11)}", "${month(2024, 12)}", `);
  });

  test("of as many as maxDropsPerUpdate passes", () => {
    const plan = rolled().plan(cutTo("9 months"), clocksAt("2025-11-10"));
    expect([plan.problems, retired(plan)]).toEqual([[], ["detach y2024m11", "detach y2024m12", "detach y2025m01"]]);
  });

  const ALL = [...Array(11).keys()].map((index) => month(index < 2 ? 2024 : 2025, index < 2 ? 11 + index : index - 1));

  test("that is confirmed in full retires exactly that, in one update", () => {
    const plan = rolled().plan(cutTo("1 month", { confirmDrops: ALL }), clocksAt("2025-11-10"));
    expect(plan.problems).toEqual([]);
    expect(plan.retirements.map((item) => formatInterval(item.bounds))).toEqual(ALL);
  });

  test("that is confirmed but for one interval is refused", () => {
    const plan = rolled().plan(cutTo("1 month", { confirmDrops: ALL.slice(1) }), clocksAt("2025-11-10"));
    expect(plan.problems.map((problem) => problem.code)).toEqual(["declared-cut"]);
    expect(plan.retirements).toEqual([]);
  });

  test("hidden in a change of the grid is found as well", () => {
    const yearly = windowSpec({
      partitionBy: [{ range: "ts", every: "year" }],
      window: { lead: "1 year", retention: "12 months" },
    });
    const world = rolled(windowSpec(YEAR));
    world.registered = yearly;
    expect(world.plan(cutTo("1 month"), clocksAt("2025-11-10")).problems.map((problem) => problem.code)).toEqual([
      "declared-cut",
    ]);
  });

  test("is refused while retirement is paused, so that the pause does not turn it into a rule of before", () => {
    const world = rolled();
    world.up(cutTo("1 month", { paused: true }), clocksAt("2025-11-10"));
    const plan = world.plan(cutTo("1 month"), clocksAt("2025-11-10"));
    expect([plan.retirements, plan.problems.map((problem) => problem.code)]).toEqual([[], ["declared-cut"]]);
  });

  test("moving start does not evade it: what is before it and has not expired is retained", () => {
    const late = windowSpec({ window: { lead: "3 months", retention: "12 months", start: "2025-10-01" } });
    const plan = rolled().plan(late, clocksAt("2025-11-10"));
    expect(plan.retirements).toEqual([]);
    expect(plan.plan.kept).toHaveLength(11);
    expect(plan.plan.kept[0]?.reason).toBe("outside the window and not expired: left in place");
    expect(plan.plan.previousWindow).toMatchObject({ from: "2024-11-01T00:00:00Z" });
  });
});
