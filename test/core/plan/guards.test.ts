import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import type { WindowSpec } from "../../../core/declare/table/spec";
import { formatInstant, parseInstant } from "../../../core/time/instant";
import { formatInterval } from "../../../core/time/interval";
import { windowSpec } from "../support/specs";
import { clocksAt, World } from "../support/world";

const YEAR: Partial<TableSpecArgs> = { window: { lead: "3 months", retention: "12 months" } };
const cutTo = (retention: string, change: Partial<TableSpecArgs> = {}): WindowSpec =>
  windowSpec({ window: { lead: "3 months", retention: retention as "1 month" }, ...change });

/** Twelve months of partitions before November 2025, made by us. */
function rolled(spec = windowSpec(YEAR), at = "2025-11-10"): World {
  const world = new World();
  world.up(spec, clocksAt(at));
  return world;
}

const retired = (plan: { retirements: readonly { verb: string; partition: string }[] }) =>
  plan.retirements.map((item) => `${item.verb} ${item.partition.replace("workflow_events_", "")}`);
const month = (year: number, number: number) => {
  const text = (y: number, m: number) =>
    `${m > 12 ? y + 1 : y}-${String(m > 12 ? 1 : m).padStart(2, "0")}-01T00:00:00Z`;
  return `${text(year, number)}/${text(year, number + 1)}`;
};

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
        reason: "ended 2024-12-01T00:00:00Z, not after the horizon 2024-12-01T00:00:00Z",
        dropOn: "2025-12-09T00:00:00Z",
      },
    ]);
    expect(plan.plan).toMatchObject({
      complete: true,
      detachCount: 1,
      dropCount: 0,
      rows: 100,
      bytes: 8200,
      leafCount: 16,
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

describe("what was dropped", () => {
  const gone = () => {
    const world = rolled();
    world.up(windowSpec({ ...YEAR, grace: "none" }), clocksAt("2025-12-02"));
    return world;
  };
  const grown = (change: Partial<TableSpecArgs> = {}) =>
    windowSpec({ window: { lead: "3 months", retention: "13 months" }, ...change });

  test("does not come back silently when the window grows again", () => {
    const plan = gone().plan(grown(), clocksAt("2025-12-02"));
    expect(plan.problems.map((problem) => problem.code)).toEqual(["dropped-range-returns"]);
    expect(plan.problems[0]?.fix).toContain(`allowEmpty: ["${month(2024, 11)}"]`);
  });

  test("comes back empty where that is allowed, and then is one like the others", () => {
    const world = gone();
    const plan = world.up(grown({ allowEmpty: [month(2024, 11)] }), clocksAt("2025-12-02"));
    expect(plan.plan.create.map((entry) => entry.partition)).toEqual(["workflow_events_y2024m11"]);
    expect(world.plan(grown(), clocksAt("2025-12-02"))).toMatchObject({ problems: [], work: [] });
  });

  test("does not come back silently as weeks either", () => {
    const weekly = windowSpec({
      window: { lead: "3 months", retention: "13 months" },
      partitionBy: [
        {
          range: "ts",
          grid: [
            { from: "2024-11-01", to: "2024-12-01", every: "week" },
            { from: "2024-12-01", every: "month" },
          ],
        },
      ],
    });
    const plan = gone().plan(weekly, clocksAt("2025-12-02"));
    expect(new Set(plan.problems.map((problem) => problem.code))).toEqual(new Set(["dropped-range-returns"]));
  });

  test("outside Pulumi is created again, empty, and the plan shows it (J01)", () => {
    const world = rolled();
    world.leaves = world.leaves.filter((leaf) => leaf.name !== "workflow_events_y2025m05");
    expect(world.plan(windowSpec(YEAR), clocksAt("2025-11-10")).plan.create[0]?.reason).toContain("its rows are gone");
  });
});

describe("what exists", () => {
  const partial = (from: string, to: string, name = "by_hand") => {
    const world = new World();
    world.attach(
      name,
      { from: parseInstant(from, "UTC"), to: parseInstant(to, "UTC") },
      parseInstant("2025-11-10", "UTC"),
      undefined,
    );
    return world.plan(windowSpec({ ...YEAR, resources: "window" }), clocksAt("2025-11-10"));
  };

  test("with the same bounds is taken as it is, under any name", () => {
    const plan = partial("2025-03-01", "2025-04-01");
    expect([plan.problems, plan.plan.createCount]).toEqual([[], 15]);
  });

  test("with overlapping bounds is refused, both shown (D12)", () => {
    const [problem] = partial("2025-03-10", "2025-04-01").problems;
    expect(problem?.code).toBe("conflict");
    expect(problem?.message).toMatch(
      /"workflow_events_y2025m03" \(2025-03-01T00:00:00Z\/2025-04-01T00:00:00Z\) overlaps partition "by_hand" \(2025-03-10/,
    );
  });

  test.each([
    [
      "two ends",
      "2025-04-01",
      /^A grid changes only where a partition ends: .* The existing partition can also be a segment of the grid, \{ from: "2025-03-10T00:00:00Z", to: "2025-04-01T00:00:00Z", every: "whole", name: "by_hand" \}; or detach it \(ALTER TABLE … DETACH PARTITION "public"\."by_hand"\)/,
    ],
    [
      "no end",
      undefined,
      /^"by_hand" has no end, so no other partition can begin at 2025-03-10T00:00:00Z or later\. End the window there, lead: \{ until: "2025-03-10T00:00:00Z" \}; or detach it/,
    ],
  ])("with overlapping bounds and %s: what to do reads as whole sentences, and can be done", (_, to, expected) => {
    const world = new World();
    const bounds = { from: parseInstant("2025-03-10", "UTC"), to: to === undefined ? to : parseInstant(to, "UTC") };
    world.attach("by_hand", bounds, parseInstant("2025-11-10", "UTC"), undefined);
    const { problems } = world.plan(windowSpec({ ...YEAR, resources: "window" }), clocksAt("2025-11-10"));
    expect(problems[0]?.fix).toMatch(expected);
    for (const { fix } of problems) expect(fix).not.toMatch(/^(Or|And|Otherwise|Then) /);
  });

  test("with the wanted name and other bounds is refused", () => {
    const [problem] = partial("2020-03-01", "2020-04-01", "workflow_events_y2025m03").problems;
    expect(problem?.message).toMatch(/called "workflow_events_y2025m03" exists with other bounds/);
  });

  test("in the future, beyond the lead, is kept and shown", () => {
    expect(partial("2027-03-01", "2027-04-01").plan.kept.map((entry) => entry.partition)).toEqual(["by_hand"]);
  });

  test("detached comes back with its rows when the window grows", () => {
    const world = rolled();
    world.up(windowSpec(YEAR), clocksAt("2025-12-02"));
    const grown = windowSpec({ window: { lead: "3 months", retention: "13 months" } });
    const plan = world.plan(grown, clocksAt("2025-12-02"));
    expect(plan.plan.create).toMatchObject([
      {
        verb: "attach",
        partition: "workflow_events_y2024m11",
        rows: 100,
        reason: "detached 2025-12-02T00:00:00Z, back in the window",
      },
    ]);
    expect(plan.plan.statements.join("\n")).toContain("ATTACH PARTITION");
    world.up(grown, clocksAt("2025-12-02"));
    expect([world.detached, world.plan(grown, clocksAt("2026-01-30")).retirements.map((item) => item.verb)]).toEqual([
      [],
      ["detach"],
    ]);
  });

  test("detached and moved to another schema is attached in that schema", () => {
    const world = rolled();
    world.up(windowSpec(YEAR), clocksAt("2025-12-02"));
    world.detached = world.detached.map((table) => ({ ...table, schema: "attic" }));
    const grown = windowSpec({ window: { lead: "3 months", retention: "13 months" }, resources: "window" });
    const plan = world.plan(grown, clocksAt("2025-12-02"));
    expect(plan.problems).toEqual([]);
    expect(plan.plan.statements.join("\n")).toContain('ATTACH PARTITION "attic"."workflow_events_y2024m11"');
  });
});

describe("an interrupted detach", () => {
  const JANUARY = { from: parseInstant("2024-11-01", "UTC"), to: parseInstant("2024-12-01", "UTC") };
  const interrupted = (ours: boolean) => {
    const world = rolled();
    world.interruptDetach(JANUARY, parseInstant("2025-12-02", "UTC"), ours);
    return world;
  };

  test("of this stack is finished before anything else", () => {
    const plan = interrupted(true).plan(windowSpec(YEAR), clocksAt("2026-01-02"));
    expect(retired(plan)).toEqual(["finalize y2024m11", "detach y2024m12"]);
    expect(plan.plan.statements.filter((sql) => sql.includes("FINALIZE"))).toHaveLength(1);
  });

  test("of another session is finished as well, and never dropped (J01)", () => {
    const plan = interrupted(false).plan(windowSpec(YEAR), clocksAt("2025-12-02"));
    expect(retired(plan)).toEqual(["finalize y2024m11"]);
    expect(plan.plan.retire[0]?.reason).toContain("another session began its detach");
  });

  test("does not block the window that grew meanwhile: it is finished now and attached by the next update", () => {
    const grown = windowSpec({ window: { lead: "3 months", retention: "14 months" }, resources: "window" });
    const world = interrupted(true);
    world.registered = grown;
    const plan = world.plan(grown, clocksAt("2025-12-02"));
    expect(plan.problems.filter((problem) => problem.code === "conflict")).toEqual([]);
    expect(retired(plan)).toEqual(["finalize y2024m11"]);
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
