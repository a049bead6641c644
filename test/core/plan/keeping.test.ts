import { describe, expect, test } from "vitest";
import { type Dependent, explainNotDroppable } from "../../../core/plan/retire/dependents";
import type { RetirementFacts } from "../../../core/plan/retire/plan-retirement";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { parseInstant } from "../../../core/time/instant";
import { parseInterval } from "../../../core/time/interval";
import { windowSpec } from "../support/specs";
import { clocksAt, type PlanOfWorld, World } from "../support/world";

const window = { lead: "3 months", retention: "12 months" } as const;
const YEAR: Partial<TableSpecArgs> = { window };
const OCTOBER = "2024-10-01T00:00:00Z/2024-11-01T00:00:00Z";
const VIEW: Dependent = { kind: "view", identity: "app.v", names: ["app", "v"] };

/** The year of November 2025, made by us, and besides it a partition of these bounds, in the ledger as one of ours. */
function withPartition(bounds: string, change: Partial<TableSpecArgs> = {}, event: "created" | "adopted" = "created") {
  const world = new World();
  world.up(windowSpec({ ...YEAR, ...change }), clocksAt("2025-11-10"));
  const partition = world.attach("odd", parseInterval(bounds), parseInstant("2025-11-10", "UTC"), event);
  return { world, partition };
}

const retired = (plan: PlanOfWorld) => plan.retirements.map(({ verb, partition }) => `${verb} ${partition}`);
const reasonOf = (plan: PlanOfWorld, partition: string) =>
  plan.plan.deferred.filter((entry) => entry.partition === partition).map(({ reason }) => reason);

describe("a partition that is no interval", () => {
  const ends = "2024-11-01T00:00:00Z";
  const whole: Partial<TableSpecArgs> = {
    partitionBy: [
      {
        range: "ts",
        grid: [
          { every: "month" },
          { from: "2024-09-01", to: "2024-11-01", every: "whole", name: "odd" },
          { from: "2024-11-01", every: "month", name: "{table}_m{yyyy}{mm}" },
        ],
      },
    ],
  };
  test.each([
    ["without a beginning", "..", {}, "it has no beginning"],
    ["that is a separate segment", "2024-09-01T00:00:00Z", whole, "it is a separate segment"],
    ["of seven years", "2017-11-01T00:00:00Z", {}, "it is longer than an interval of the grid"],
    ["of a year among months", "2023-11-01T00:00:00Z", {}, /longer than|intervals of the grid/],
  ])(
    "%s waits for its own confirmation when the clock lets it expire, others continue, and it leaves then",
    (_what, from, change, why) => {
      const bounds = `${from}/${ends}`;
      // It expires in November as the window goes on, and one of ours a month later.
      const { world } = withPartition(bounds, change);
      const spec = (more: Partial<TableSpecArgs> = {}) => windowSpec({ ...YEAR, ...change, ...more });
      const plan = world.up(spec(), clocksAt("2025-12-02"));
      expect(plan.problems).toEqual([]);
      expect(plan.retirements.map(({ verb, bounds: { to } }) => [verb, to?.toString()])).toEqual([
        ["detach", "2024-12-01T00:00:00Z"],
      ]);
      expect(reasonOf(plan, "odd")).toEqual([expect.stringMatching(why)]);
      expect(reasonOf(plan, "odd")[0]).toContain(`add "${bounds}" to confirmDrops to retire it`);
      const confirmed = world.plan(spec({ confirmDrops: [bounds] }), clocksAt("2025-12-02"));
      expect(retired(confirmed)).toEqual(["detach odd"]);
      // Written to the ledger it stays confirmed.
      world.ledger = [
        ...world.ledger,
        ...world.ledger
          .filter(({ partition }) => partition === "odd")
          .map((entry) => ({ ...entry, event: "approved" as const })),
      ];
      expect(retired(world.plan(spec(), clocksAt("2025-12-02")))).toEqual(["detach odd"]);
      expect(confirmed.plan).toMatchObject({ detachCount: 1 });
      expect(confirmed.plan.detachIntervals ?? 1).toBeGreaterThan(1);
    },
  );

  test.each([
    ["retention", { window: { lead: "3 months", retention: "forever", start: "2024-11-01" } }, {}],
    ["a hold that is removed", { holds: [{ from: "2020-01-01", to: "2020-02-01", reason: "case" }] }, {}],
    [
      "the grid",
      { window: { lead: "1 year", retention: "12 months" }, partitionBy: [{ range: "ts", every: "year" }] },
      {},
    ],
  ] as [string, Partial<TableSpecArgs>, Partial<TableSpecArgs>][])(
    "is refused as a declared cut by %s, however few go, and named alone",
    (_what, before, after) => {
      const { world } = withPartition(`../2024-11-01T00:00:00Z`, {}, "adopted");
      world.registered = windowSpec({ ...YEAR, ...before });
      const plan = world.plan(windowSpec({ ...YEAR, ...after, maxDropsPerUpdate: 1000 }), clocksAt("2025-11-10"));
      expect(retired(plan)).toEqual([]);
      expect(plan.problems).toEqual([expect.objectContaining({ code: "declared-cut" })]);
      expect(plan.problems[0]?.message).toContain('Of "odd": it has no beginning');
      expect(plan.problems[0]?.fix).toContain('confirmDrops: ["../2024-11-01T00:00:00Z"]');
    },
  );

  test("that was detached without a confirmation is not dropped without one", () => {
    const { world, partition } = withPartition(`../2024-11-01T00:00:00Z`);
    world.partitions = world.partitions.filter((one) => one !== partition);
    const at = parseInstant("2025-11-10", "UTC");
    const { schema, name, oid, rows, bytes } = partition;
    world.detached = [
      {
        schema,
        name,
        oid,
        rows,
        bytes,
        branch: "",
        bounds: parseInterval("../2024-11-01"),
        detachedAt: at,
        dropAfter: at,
      },
    ];
    const plan = world.plan(windowSpec(YEAR), clocksAt("2025-12-02"));
    expect(retired(plan)).not.toContain("drop odd");
    expect(reasonOf(plan, "odd")[0]).toMatch(/no beginning/);
    const confirmed = windowSpec({ ...YEAR, confirmDrops: ["../2024-11-01T00:00:00Z"] });
    expect(retired(world.plan(confirmed, clocksAt("2025-12-02")))).toContain("drop odd");
  });

  test("of some intervals takes as many of those that one update retires, and is not overtaken", () => {
    const { world } = withPartition("2024-07-01/2024-10-01");
    world.attach("later", parseInterval("2024-10-01/2024-11-01"), parseInstant("2025-11-10", "UTC"), "created");
    expect(retired(world.plan(windowSpec(YEAR), clocksAt("2025-11-10")))).toEqual(["detach odd"]);
    const four = windowSpec({ ...YEAR, maxDropsPerUpdate: 4 });
    expect(retired(world.plan(four, clocksAt("2025-11-10")))).toEqual(["detach odd", "detach later"]);
    const two = windowSpec({ ...YEAR, maxDropsPerUpdate: 2 });
    expect(retired(world.plan(two, clocksAt("2025-11-10")))).toEqual(["detach later"]);
  });
});

describe("the reason why a partition remains is the first that is true", () => {
  const stops: [string, Partial<TableSpecArgs>, RegExp][] = [
    ["paused", { paused: true }, /; retirement is paused \(paused: true in the program\)$/],
    [
      "outside of its hours",
      { allowRetireBetween: { from: "22:00", to: "23:00" } },
      /; is retired only from 22:00 to 23:00/,
    ],
    ["not on its days", { allowRetireOn: ["wednesday"] }, /; is retired only on wednesday/],
    ["running", {}, /never deferred/],
  ];
  const keeps: [
    string,
    string,
    Partial<TableSpecArgs>,
    (oid: string) => RetirementFacts,
    "created" | "adopted",
    RegExp,
  ][] = [
    [
      "held",
      OCTOBER,
      { holds: [{ from: "2024-10-05", to: "2024-10-06", reason: "case 1" }] },
      () => ({}),
      "created",
      /^held: case 1 /,
    ],
    [
      "restored",
      OCTOBER,
      { onExpire: "archive", archive: { to: "s3://bucket/postgres" }, restored: ["2024-10"] },
      () => ({}),
      "created",
      /^retained: .* is named in restored$/,
    ],
    ["expired at adoption", OCTOBER, {}, () => ({}), "adopted", /^had expired before this table was adopted/],
    ["without a beginning", "../2024-11-01T00:00:00Z", {}, () => ({}), "created", /no beginning/],
    [
      "referred to",
      OCTOBER,
      {},
      (oid) => ({ referring: new Map([[oid, [{ table: "app.o", key: "k", rows: 1 }]]]) }),
      "created",
      /; is retained, because 1 row of app.o refers to it/,
    ],
    [
      "needed",
      OCTOBER,
      {},
      (oid) => ({ dependents: new Map([[oid, [VIEW]]]) }),
      "created",
      /; remains attached, because it could not be dropped afterwards: view app.v depends on it/,
    ],
  ];
  describe.each(stops)("%s", (_stop, stop, other) => {
    test.each(keeps)("%s", (what, bounds, change, facts, event, reason) => {
      const { world, partition } = withPartition(bounds, {}, event);
      if (event === "adopted")
        world.ledger = world.ledger.map((one) =>
          one.oid === partition.oid ? { ...one, detail: { expiredAtAdoption: true } } : one,
        );
      const plan = world.plan(
        windowSpec({ ...YEAR, ...stop, ...change }),
        clocksAt("2025-12-02T12:00:00Z"),
        facts(partition.oid),
      );
      const [entry, ...more] = plan.plan.deferred.filter(({ partition }) => partition === "odd");
      expect(more).toEqual([]);
      expect(entry?.reason).toMatch(reason);
      expect([entry?.held, entry?.dropOn]).toEqual([what === "held" ? true : undefined, undefined]);
      const going = plan.plan.deferred.find(({ partition }) => partition.endsWith("y2024m11"));
      if (other.source === "never deferred")
        expect(plan.retirements.map(({ partition }) => partition.slice(-8))).toContain("y2024m11");
      else expect([going?.reason, going?.dropOn]).toEqual([expect.stringMatching(other), undefined]);
    });
  });

  test("beyond the limit is reported while retirement is stopped, and not for a table without retirements", () => {
    const world = new World();
    world.up(windowSpec(YEAR), clocksAt("2025-11-10"));
    const paused = world.plan(windowSpec({ ...YEAR, paused: true, maxDropsPerUpdate: 1 }), clocksAt("2026-01-02"));
    expect(paused.plan.deferred.map(({ reason }) => reason.split("; ")[1])).toEqual([
      "retirement is paused (paused: true in the program)",
      "waits for the next update, because one retires at most 1 intervals (maxDropsPerUpdate)",
    ]);
    const held = windowSpec({ ...YEAR, paused: true, holds: [{ from: "2020-01-01", to: "2026-01-01", reason: "x" }] });
    expect(world.plan(held, clocksAt("2026-01-02")).stopped).toBeUndefined();
  });
});

describe("what needs a partition", () => {
  const needs = (oid: string): RetirementFacts => ({ dependents: new Map([[oid, [VIEW]]]) });
  test.each([
    ["detach", { onExpire: "detach" }, ["detach odd", "detach workflow_events_y2024m11"]],
    ["drop", {}, ["detach workflow_events_y2024m11"]],
    [
      "archive",
      { onExpire: "archive", archive: { to: "s3://bucket/postgres" } },
      ["detach workflow_events_y2024m11", "archive workflow_events_y2024m11", "drop workflow_events_y2024m11"],
    ],
  ] as [string, Partial<TableSpecArgs>, string[]][])(
    'keeps it attached only where it would be dropped: onExpire "%s"',
    (_verb, change, steps) => {
      const { world, partition } = withPartition(OCTOBER);
      const plan = world.plan(windowSpec({ ...YEAR, ...change }), clocksAt("2025-12-02"), needs(partition.oid));
      expect(retired(plan)).toEqual(steps);
      expect(plan.warnings.some((text) => text.includes("DROP VIEW app.v"))).toBe(steps[0] !== "detach odd");
    },
  );

  test("keeps a detached one from its drop, and not from its archive", () => {
    const archived = windowSpec({ ...YEAR, onExpire: "archive", archive: { to: "s3://bucket/postgres" } });
    const { world, partition } = withPartition(OCTOBER);
    world.partitions = world.partitions.filter((one) => one !== partition);
    const at = parseInstant("2025-11-10", "UTC");
    const { schema, name, oid, rows, bytes } = partition;
    const bounds = parseInterval(OCTOBER);
    world.detached = [{ schema, name, oid, rows, bytes, branch: "", bounds, detachedAt: at, dropAfter: at }];
    const dropping = world.plan(windowSpec(YEAR), clocksAt("2025-11-10"), needs(oid));
    expect([retired(dropping), reasonOf(dropping, "odd")]).toEqual([
      [],
      [expect.stringContaining("its grace is over; is not dropped: view app.v depends on it")],
    ]);
    expect(retired(world.plan(archived, clocksAt("2025-11-10"), needs(oid)))).toEqual(["archive odd"]);
  });

  test.each([
    ["view", "app.v", ["app", "v"], "DROP VIEW app.v"],
    ["materialized view", "app.m", ["app", "m"], "DROP MATERIALIZED VIEW app.m"],
    ["function", "app.f(integer)", ["app", "f"], "DROP FUNCTION app.f(integer)"],
    ["table constraint", 'fk on app."T"', ["app", "T", "fk"], 'ALTER TABLE "app"."T" DROP CONSTRAINT "fk"'],
    ["default value", "for app.t.n", ["app", "t", "n"], 'ALTER TABLE "app"."t" ALTER COLUMN "n" DROP DEFAULT'],
    ["table column", "app.t.r", ["app", "t", "r"], 'ALTER TABLE "app"."t" DROP COLUMN "r"'],
    ["table", "app.child", ["app", "child"], 'ALTER TABLE app.child NO INHERIT "app"."p"'],
    ["rule", "r on app.t", ["app", "t", "r"], 'DROP RULE "r" ON "app"."t"'],
    ["extension", "ext", ["ext"], 'ALTER EXTENSION ext DROP TABLE "app"."p"'],
  ])("is ended by a separate statement: %s", (kind, identity, names, statement) => {
    expect(explainNotDroppable({ schema: "app", partition: "p" }, [{ kind, identity, names }])).toBe(
      `${kind} ${identity} depends on it. Take it out of that, or run ${statement}`,
    );
  });

  test("is counted if it is long", () => {
    const many = [...Array(7).keys()].map((n) => ({ ...VIEW, identity: `app.v${String(n)}` }));
    expect(explainNotDroppable({ schema: "app", partition: "p" }, many)).toMatch(/view app.v4 and 2 more depend on it/);
    expect(explainNotDroppable({ schema: "app", partition: "p" }, [])).toBeUndefined();
  });
});
