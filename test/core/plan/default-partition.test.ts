import { describe, expect, it } from "vitest";
import type { Observation, ObservedPartition } from "../../../core/observed/observed-table";
import type { ObservedDefault } from "../../../core/observed/observed-default";
import { planDefault } from "../../../core/plan/upkeep/plan-default";
import { explainDefaultRefusal } from "../../../core/plan/create/default-refusals";
import { buildObservedParent } from "../../../core/partition/carry/parent";
import { parseInstant } from "../../../core/time/instant";
import { windowSpec } from "../support/specs";
import { World } from "../support/world";

const at = (text: string) => parseInstant(text, "UTC");
const now = at("2025-03-10T12:00:00Z");
const spec = windowSpec();
const month = (from: string, to: string) => ({ from: at(from), to: at(to) });
const march = { ...month("2025-03-01", "2025-04-01"), name: "events_2025_03" };
const april = { ...month("2025-04-01", "2025-05-01"), name: "events_2025_04" };

const found: ObservedDefault = {
  oid: "99",
  schema: "public",
  name: "events_default",
  rows: 0,
  few: true,
  hidden: false,
  checks: [],
  triggers: [],
  declared: true,
};

function observed(change: Partial<ObservedDefault> = {}, ours = true): Observation {
  const world = new World();
  world.attach("events_2025_02", month("2025-02-01", "2025-03-01"), now, "created");
  const base = world.observe(now, spec);
  const partition = {
    ...base.table?.partitions[0],
    oid: "99",
    name: found.name,
    bounds: undefined,
    isDefault: true,
  } as ObservedPartition;
  const entry = {
    partition: found.name,
    branch: "",
    oid: "99",
    bounds: { from: undefined, to: undefined },
    at: now,
    detail: {},
  };
  return {
    ...base,
    ledger: ours ? [...base.ledger, { ...entry, event: "created" }] : base.ledger,
    table: base.table && {
      ...base.table,
      partitions: [...base.table.partitions, partition],
      defaultPartition: { ...found, ...change },
    },
  };
}

function plan(observation: Observation, declared: boolean) {
  const profile = declared ? { defaultPartition: { name: "events_default" } } : {};
  const parent = observation.table && buildObservedParent(observation.table, spec.key, { ...observation, profile });
  return planDefault(parent, observation, [], []);
}
const verbs = (result: ReturnType<typeof plan>) =>
  result.upkeep.map(({ verb, subject, reasons }) => `${verb} ${subject}: ${reasons.join()}`);

describe("a default partition that is declared", () => {
  it("gets the CHECK that it lacks, and then nothing", () => {
    const lacking = plan(observed(), true);
    expect(verbs(lacking)).toEqual([
      "default events_default: its CHECK, which excludes the rows of attached partitions, follows them",
    ]);
    const name = /ADD CONSTRAINT "(\w+)"/.exec(lacking.upkeep[0]?.statements[0]?.sql ?? "")?.[1] ?? "";
    expect(verbs(plan(observed({ checks: [{ name, validated: true }] }), true))).toEqual([]);
    expect(verbs(plan(observed({ checks: [{ name, validated: false }] }), true))).toHaveLength(1);
    const left = [
      { name, validated: true },
      { name: "holds_range_00000000", validated: false },
      { name: "of_the_user", validated: true },
    ];
    const repair = plan(observed({ checks: left }), true).upkeep[0]?.statements.map(({ sql }) => sql);
    expect(repair).toEqual([expect.stringContaining('DROP CONSTRAINT IF EXISTS "holds_range_00000000"')]);
  });

  it("reports rows that no partition takes", () => {
    expect(plan(observed(), true).notes).toEqual([]);
    expect(plan(observed({ rows: 12 }), true).notes[0]).toMatch(
      /^default partition "events_default" holds 12 rows .* nothing retires them/,
    );
    expect(plan(observed({ rows: 12 }), false).facts).toEqual({ name: "events_default", declared: false, rows: 12 });
  });
});

describe("a default partition that is declared no more", () => {
  it("is removed if it is empty and managed", () => {
    const gone = plan(observed(), false);
    expect(verbs(gone)).toEqual(["default events_default: no longer declared, and empty: detached and dropped"]);
    expect(gone.upkeep[0]?.step.onlyIfNamed).toBe(true);
    expect(plan(observed({}, false), false).upkeep).toEqual([]);
  });

  it("is never removed with rows in it: refused, with both fixes", () => {
    const refused = plan(observed({ rows: 3 }), false);
    expect(refused.upkeep).toEqual([]);
    expect(refused.problems[0]).toMatchObject({
      path: "defaultPartition",
      message: expect.stringContaining("holds 3 rows"),
    });
    expect(refused.problems[0]?.fix).toContain('declare it again (defaultPartition: { name: "events_default" })');
    expect(plan(observed({ rows: 3 }, false), false).problems).toEqual([]);
  });

  it("remains while the table is paused", () => {
    const paused = observed();
    const registration = paused.registration && { ...paused.registration, paused: true };
    expect(plan({ ...paused, registration }, false).upkeep).toEqual([]);
  });
});

describe("rows of a partition in the default one", () => {
  const refusal = (change: Partial<ObservedDefault>, referencedBy: string[] = []) => {
    const { table } = observed({ few: false, rows: 50_000, ...change });
    return explainDefaultRefusal(table && { ...table, referencedBy }, march);
  };
  const counted = (rows: number, total: number, later = 0) => ({
    counted: {
      total,
      ranges: [
        { bounds: march, rows },
        { bounds: april, rows: later },
      ],
    },
  });

  it("up to ten thousand are no obstacle, and neither are any number that are all of one range", () => {
    expect(refusal(counted(10_000, 50_000))).toBeUndefined();
    expect(refusal(counted(0, 50_000))).toBeUndefined();
    expect(refusal(counted(50_000, 50_000))).toBeUndefined();
    expect(refusal({})).toBeUndefined();
  });

  it("more of several ranges: refused with the count and the segment of the grid that takes them all", () => {
    const refused = refusal(counted(30_000, 50_000, 20_000));
    expect(refused?.message).toContain(
      '30000 rows of partition "events_2025_03" (2025-03-01T00:00:00Z/2025-04-01T00:00:00Z) are in the default partition',
    );
    expect(refused?.fix).toContain(
      '{ from: "2025-03-01T00:00:00Z", to: "2025-05-01T00:00:00Z", every: "whole", name: … }',
    );
  });

  it("rows of no missing partition among them: how far its rows reach, and which have no time", () => {
    const { counted: counts } = counted(30_000, 50_000);
    const span = { first: at("2025-03-02T00:00:00Z"), last: at("2025-07-04T12:00:00Z"), rows: 49_000 };
    expect(refusal({ counted: { ...counts, span } })?.fix).toMatch(
      /^1000 of its rows have no finite time: .* reach from 2025-03-02T00:00:00Z to 2025-07-04T12:00:00Z: declare that range as one segment/,
    );
    const across = { ...span, first: at("2025-02-02T00:00:00Z") };
    expect(refusal({ counted: { ...counts, span: across } })?.fix).toMatch(/^Other partitions are between its rows/);
  });

  it("where the default partition is not declared, or other tables refer to the rows, nothing is moved", () => {
    expect(refusal({ ...counted(5, 50_000), declared: false })?.fix).toContain("Declare it");
    expect(refusal(counted(5, 50_000), ["app.child"])?.message).toContain("app.child");
  });

  it("a few rows among many with triggers that would see the move: refused, the triggers named", () => {
    const triggers = [
      { name: "audit", fires: "origin", inherited: "origin", onDelete: true, onInsert: false } as const,
    ];
    expect(refusal({ ...counted(5, 50_000), triggers })?.message).toContain('the triggers "audit"');
    expect(refusal({ ...counted(5, 50), triggers, few: true, rows: 50 })).toBeUndefined();
  });
});
