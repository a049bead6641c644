import { describe, expect, test } from "vitest";
import { formatInstant, parseInstant } from "../../../core/time/instant";
import { windowSpec } from "../support/specs";
import { clocksAt, World } from "../support/world";
import { YEAR, rolled, retired, month } from "./support";

describe("a roll", () => {
  test("creates one partition ahead and detaches the one that has expired, with the date of its drop", () => {
    const world = rolled();
    const plan = world.plan(windowSpec(YEAR), clocksAt("2025-12-02"));
    expect(plan.plan.create.map((entry) => entry.partition)).toEqual(["workflow_events_y2026m03"]);
    expect(plan.plan.retire).toEqual([
      {
        verb: "detach",
        partition: "workflow_events_y2024m11",
        from: "2024-11-01T00:00:00Z",
        to: "2024-12-01T00:00:00Z",
        rows: 100,
        bytes: 8200,
        ageDays: 366,
        reason: "ended 2024-12-01T00:00:00Z, and retention (12 months) begins at 2024-12-01T00:00:00Z",
        dropOn: "2025-12-09T00:00:00Z",
      },
    ]);
    expect(plan.plan).toMatchObject({
      complete: true,
      detachCount: 1,
      dropCount: 0,
      rows: 100,
      bytes: 8200,
      partitionCount: 16,
    });
    expect(plan.plan.previousWindow).toBeUndefined();
  });

  test("drops after the grace, not a moment before", () => {
    const world = rolled();
    world.up(windowSpec(YEAR), clocksAt("2025-12-02"));
    const early = world.plan(windowSpec(YEAR), clocksAt("2025-12-08T23:59:59Z"));
    expect([retired(early), early.plan.deferred.map((entry) => entry.reason)]).toEqual([
      [],
      ["detached 2025-12-02T00:00:00Z, its grace ends 2025-12-09T00:00:00Z"],
    ]);
    const due = world.up(windowSpec(YEAR), clocksAt("2025-12-09T00:00:00Z"));
    expect(retired(due)).toEqual(["drop y2024m11"]);
    expect(due.plan.hazards).toContain("DELETES_DATA");
    expect(world.detached).toEqual([]);
  });

  test("drops in the same update without a grace", () => {
    const spec = windowSpec({ ...YEAR, grace: "none" });
    expect(retired(rolled(spec).up(spec, clocksAt("2025-12-02")))).toEqual(["detach y2024m11", "drop y2024m11"]);
  });

  test('never drops what was detached under onExpire "detach", whatever is declared later', () => {
    const keep = windowSpec({ ...YEAR, onExpire: "detach" });
    const world = rolled(keep);
    world.up(keep, clocksAt("2025-12-02"));
    const plan = world.plan(windowSpec({ ...YEAR, grace: "none" }), clocksAt("2025-12-30"));
    expect([retired(plan), plan.plan.deferred]).toEqual([[], []]);
    expect(world.detached.map((table) => table.name)).toEqual(["workflow_events_y2024m11"]);
  });

  test("drops nothing any more when onExpire became detach during the grace", () => {
    const world = rolled();
    world.up(windowSpec(YEAR), clocksAt("2025-12-02"));
    expect(retired(world.plan(windowSpec({ ...YEAR, onExpire: "detach" }), clocksAt("2025-12-30")))).toEqual([]);
  });

  test("a grace shortened afterwards does not shorten the promise", () => {
    const world = rolled();
    world.up(windowSpec(YEAR), clocksAt("2025-12-02"));
    expect(retired(world.plan(windowSpec({ ...YEAR, grace: "none" }), clocksAt("2025-12-03")))).toEqual([]);
  });

  test("is the same for partitions as resources and in window mode, which also names what it creates", () => {
    const spec = windowSpec({ ...YEAR, resources: "window" });
    const plan = rolled(spec).plan(spec, clocksAt("2025-12-02"));
    expect(plan.work.map((item) => `${item.verb} ${item.partition}`)).toEqual([
      "create workflow_events_y2026m03",
      "detach workflow_events_y2024m11",
    ]);
  });
});

test("six idle months retire the oldest three, continue in the next update, and never block what is created ahead", () => {
  const world = rolled();
  const first = world.up(windowSpec(YEAR), clocksAt("2026-05-10"));
  expect(first.problems).toEqual([]);
  expect(first.plan.createCount).toBe(6);
  expect(retired(first)).toEqual(["detach y2024m11", "detach y2024m12", "detach y2025m01"]);
  expect(first.plan.deferred).toHaveLength(3);
  expect(first.plan.notes).toEqual([
    "3 more expired partitions follow in later updates; each retires at most 3 intervals",
  ]);
  expect(retired(world.up(windowSpec(YEAR), clocksAt("2026-05-10")))).toEqual([
    "detach y2025m02",
    "detach y2025m03",
    "detach y2025m04",
  ]);
  expect(world.plan(windowSpec(YEAR), clocksAt("2026-05-10")).work).toEqual([]);
});

test("drops whose grace is over are limited in the same way, the oldest first", () => {
  const world = rolled();
  for (let round = 0; round < 2; round++) world.up(windowSpec(YEAR), clocksAt("2026-05-10"));
  const plan = world.up(windowSpec(YEAR), clocksAt("2026-05-20"));
  expect(retired(plan)).toEqual(["drop y2024m11", "drop y2024m12", "drop y2025m01"]);
  expect(plan.plan.deferred[0]?.reason).toMatch(/its grace is over; waits for the next update/);
});

describe("adoption", () => {
  const found = (event: "adopted" | undefined, expired: boolean) => {
    const world = new World();
    const bounds = { from: parseInstant("2023-01-01", "UTC"), to: parseInstant("2023-02-01", "UTC") };
    world.attach("old", bounds, parseInstant("2025-11-10", "UTC"), event, expired);
    return world;
  };

  test.each([
    ["not in the ledger", found(undefined, false)],
    ["adopted when it had expired", found("adopted", true)],
  ])("never sweeps a partition that was %s", (_what, world) => {
    for (const at of ["2025-11-10", "2025-12-10"]) {
      const plan = world.up(windowSpec(YEAR), clocksAt(at));
      expect(plan.retirements.filter((item) => item.partition === "old")).toEqual([]);
      expect(plan.plan.deferred.find((entry) => entry.partition === "old")?.reason).toContain(
        `add "${month(2023, 1)}" to confirmDrops`,
      );
    }
  });

  test("retires it once its bounds are confirmed", () => {
    const plan = found("adopted", true).plan(
      windowSpec({ ...YEAR, confirmDrops: [month(2023, 1)] }),
      clocksAt("2025-11-10"),
    );
    expect(retired(plan)).toEqual(["detach old"]);
  });

  test("puts a partition that had not expired under the rule from then on", () => {
    expect(retired(found("adopted", false).plan(windowSpec(YEAR), clocksAt("2025-11-10")))).toEqual(["detach old"]);
  });
});

test("a window whose fixed end has passed reports that today's rows have no partition (D05)", () => {
  const spec = windowSpec({ window: { lead: { until: "2025-06-01" }, retention: "12 months" } });
  expect(rolled(spec).plan(spec, clocksAt("2025-11-10")).plan.notes[0]).toBe(
    `the window ends ${formatInstant(parseInstant("2025-06-01", "UTC"))}, before the present: rows of today have no partition; extend the lead`,
  );
});

test("retention forever retires nothing, ever", () => {
  const spec = windowSpec({ window: { lead: "1 month", retention: "forever", start: "2025-01-01" } });
  expect(rolled(spec).plan(spec, clocksAt("2099-01-01")).retirements).toEqual([]);
});
