import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { parseInstant } from "../../../core/time/instant";
import { windowSpec } from "../support/specs";
import { clocksAt, World } from "../support/world";
import { YEAR, rolled, retired, month } from "./support";

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
    world.partitions = world.partitions.filter((partition) => partition.name !== "workflow_events_y2025m05");
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
    expect(plan.plan.statements.map(({ sql }) => sql).join("\n")).toContain("ATTACH PARTITION");
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
    expect(plan.plan.statements.map(({ sql }) => sql).join("\n")).toContain(
      'ATTACH PARTITION "attic"."workflow_events_y2024m11"',
    );
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
    expect(plan.plan.statements.filter(({ sql }) => sql.includes("FINALIZE"))).toHaveLength(1);
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
