import { describe, expect, test } from "vitest";
import { parseInstant } from "../../../core/time/instant";
import { windowSpec } from "../support/specs";
import { clocksAt } from "../support/world";
import { YEAR, rolled, retired } from "./support";

describe("pause and clocks (D03)", () => {
  test.each([
    ["in the program", { paused: true }, false, "paused: true in the program"],
    ["in the registry", {}, true, "pgpartition pause"],
  ])("a pause %s stops retirement, not creation", (_where, change, flag, note) => {
    const world = rolled();
    world.paused = flag;
    const plan = world.plan(windowSpec({ ...YEAR, ...change }), clocksAt("2025-12-02"));
    expect([plan.retirements, plan.plan.createCount, plan.plan.deferred.length]).toEqual([[], 1, 1]);
    expect(plan.plan.notes[0]).toContain(note);
  });

  test("a program's clock one year ahead creates and retires nothing", () => {
    const plan = rolled().plan(windowSpec(YEAR), clocksAt("2025-11-10", { asOf: parseInstant("2026-11-01", "UTC") }));
    expect([plan.retirements, plan.plan.createCount]).toEqual([[], 12]);
  });

  test("a clock ahead is reported where something waits for it", () => {
    const world = rolled();
    const plan = world.plan(windowSpec(YEAR), {
      asOf: parseInstant("2026-02-01", "UTC"),
      database: parseInstant("2025-12-02", "UTC"),
      trusted: undefined,
    });
    expect(plan.plan.deferred).toHaveLength(1);
    expect(plan.plan.notes[0]).toMatch(
      /nothing is retired: the program's clock is at 2026-02-01.* the database's 2025-12-02/,
    );
  });

  test("ten seconds of difference stop nothing", () => {
    const plan = rolled().plan(windowSpec(YEAR), {
      asOf: parseInstant("2025-12-01", "UTC"),
      database: parseInstant("2025-11-30T23:59:50Z", "UTC"),
      trusted: undefined,
    });
    expect([plan.retirements, plan.plan.notes]).toEqual([[], []]);
  });

  test.each(["1970-01-01", "2024-11-10"])("a program's clock back in %s retires nothing", (text) => {
    expect(
      rolled().plan(windowSpec(YEAR), clocksAt("2025-12-02", { asOf: parseInstant(text, "UTC") })).retirements,
    ).toEqual([]);
  });

  test("a program's clock that stands in 2038 retires nothing of today", () => {
    expect(
      rolled().plan(windowSpec(YEAR), clocksAt("2025-11-10", { asOf: parseInstant("2038-01-01", "UTC") })).retirements,
    ).toEqual([]);
  });

  test("a trusted clock decides alone, for graces as well", () => {
    const world = rolled();
    const trusted = (text: string) =>
      clocksAt("2025-11-10", { asOf: parseInstant("2025-12-01", "UTC"), trusted: parseInstant(text, "UTC") });
    expect(retired(world.up(windowSpec(YEAR), trusted("2025-12-02")))).toEqual(["detach y2024m11"]);
    expect(retired(world.up(windowSpec(YEAR), trusted("2025-12-10")))).toEqual(["drop y2024m11"]);
  });
});
