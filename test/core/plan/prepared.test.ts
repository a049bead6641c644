import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_PREPARED } from "../../../core/defaults";
import { digestPrepared, preparePartitions } from "../../../core/plan/prepare/prepared";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { buildPlannedParent } from "../../../core/partition/carry/parent";
import { compareInstants, formatInstant, type Instant, parseInstant } from "../../../core/time/instant";
import { planWindow } from "../../../core/window/window-partitions";
import { tableSpec } from "../support/specs";

const MARCH = parseInstant("2025-03-10", "UTC");

function prepare(change: Partial<TableSpecArgs> = {}, at: Instant = MARCH) {
  const spec = tableSpec(change);
  return preparePartitions(spec.window, buildPlannedParent(spec, { now: at }), at);
}

const named = (name: string, change: Partial<TableSpecArgs> = {}) =>
  prepare(change).find((partition) => partition.name === name);

const every = (period: "hour" | "day" | "week" | "month" | "year", lead: TableSpecArgs["window"]["lead"]) => ({
  partitionBy: [{ range: "ts", every: period }],
  window: { lead, retention: "12 months" as const },
});

describe("what the schedule is given", () => {
  it("reaches from the present interval over the lead and 24 intervals beyond it", () => {
    const all = prepare();
    expect(all).toHaveLength(4 + 24);
    expect(all[0]?.name).toBe("workflow_events_y2025m03");
    expect(all.at(-1)?.name).toBe("workflow_events_y2027m06");
  });

  it("is due from the first moment on at which the window wants it", () => {
    expect(formatInstant(named("workflow_events_y2025m06")?.dueAt ?? MARCH)).toBe("2025-03-01T00:00:00Z");
    expect(formatInstant(named("workflow_events_y2025m07")?.dueAt ?? MARCH)).toBe("2025-04-01T00:00:00Z");
    expect(formatInstant(named("workflow_events_y2027m06")?.dueAt ?? MARCH)).toBe("2027-03-01T00:00:00Z");
  });

  it("knows what will have expired while it is the present interval", () => {
    expect(formatInstant(named("workflow_events_y2025m07")?.horizon ?? MARCH)).toBe("2024-07-01T00:00:00Z");
    const forever = { window: { lead: "1 month", retention: "forever", start: "2025-01-01" } } as const;
    expect(prepare(forever)[0]?.horizon).toBeUndefined();
  });

  it("has the statements that an update would run, indexes and all", () => {
    const statements = named("workflow_events_y2025m07")?.statements ?? [];
    expect(statements[0]).toContain('CREATE TABLE "public"."workflow_events_y2025m07"');
    expect(statements.join("\n")).toContain('CREATE INDEX "workflow_events_y2025m07_run_ts_idx"');
    expect(statements.at(-1)).toContain("FOR VALUES FROM ('2025-07-01 00:00:00+00') TO ('2025-08-01 00:00:00+00')");
  });

  it("closes what is born closed", () => {
    const rowSecurity = { policies: { own: { using: "true" } } };
    const statements = named("workflow_events_y2025m07", { rowSecurity })?.statements ?? [];
    expect(statements.join("\n")).toContain(
      'ALTER TABLE "public"."workflow_events_y2025m07" ENABLE ROW LEVEL SECURITY',
    );
  });

  it("ends where a fixed window ends", () => {
    const fixed = { window: { lead: { until: "2025-07-01" }, retention: "12 months" } } as const;
    expect(prepare(fixed).at(-1)?.name).toBe("workflow_events_y2025m06");
    expect(prepare(fixed).every((partition) => compareInstants(partition.dueAt, MARCH) <= 0)).toBe(true);
  });

  it("keeps days going for half a year, and is bounded for hours", () => {
    const days = prepare(every("day", "7 days"));
    expect(formatInstant(days.at(-1)?.to ?? MARCH) >= "2025-09-17").toBe(true);
    expect(prepare(every("hour", "1 day"))).toHaveLength(25 + MAX_PREPARED);
    const long = prepare(every("hour", "1 year"));
    expect(long).toHaveLength(2 * MAX_PREPARED);
    expect(formatInstant(long[0]?.from ?? MARCH)).toBe("2025-03-10T00:00:00Z");
    expect(formatInstant(long.at(-1)?.from ?? MARCH) > "2026-03-17").toBe(true);
  });
});

describe("the digest", () => {
  it("is the same all through an interval", () => {
    const late = parseInstant("2025-03-31T23:59:59Z", "UTC");
    expect(digestPrepared(prepare({}, late))).toBe(digestPrepared(prepare()));
  });

  it.each<[string, Partial<TableSpecArgs>]>([
    ["an index", { indexes: {} }],
    ["a grant", { grants: { app: ["select"] } }],
    ["row security", { rowSecurity: { policies: {} } }],
    ["a name", { partitionBy: [{ range: "ts", every: "month" }] }],
    ["a lead", { window: { lead: "4 months", retention: "12 months" } }],
    ["a retention", { window: { lead: "3 months", retention: "13 months" } }],
  ])("is another one after a change of %s", (_, change) => {
    expect(digestPrepared(prepare(change))).not.toBe(digestPrepared(prepare()));
  });
});

it("at every later moment what is due and has not expired is what the window wants", () => {
  const cases = fc.record({
    period: fc.constantFrom("day", "week", "month", "year"),
    lead: fc.integer({ min: 1, max: 20 }),
    unit: fc.constantFrom("day", "week", "month"),
    retention: fc.integer({ min: 1, max: 30 }),
    kept: fc.constantFrom("day", "week", "month"),
    zone: fc.constantFrom("UTC", "Europe/Berlin", "Pacific/Auckland"),
    days: fc.integer({ min: 0, max: 170 }),
  });
  fc.assert(
    fc.property(cases, ({ period, lead, unit, retention, kept, zone, days }) => {
      const spec = tableSpec({
        partitionBy: [{ range: "ts", every: period, zone }],
        window: { lead: `${lead} ${unit}s`, retention: `${retention} ${kept}s` },
      });
      const prepared = preparePartitions(spec.window, buildPlannedParent(spec), MARCH);
      fc.pre(prepared.length < 2 * MAX_PREPARED);
      const later = MARCH.add({ hours: 24 * days });
      const present = prepared.findLast((partition) => compareInstants(partition.from, later) <= 0);
      const due = prepared.filter(
        (partition) =>
          compareInstants(partition.dueAt, later) <= 0 &&
          (!present?.horizon || compareInstants(partition.to, present.horizon) > 0),
      );
      const first = prepared[0]?.from ?? later;
      const wanted = planWindow(spec.window, later).desired.filter(
        (partition) => compareInstants(partition.from, first) >= 0,
      );
      expect(due.map((partition) => partition.name)).toEqual(wanted.map((partition) => partition.name));
    }),
    { numRuns: 25 },
  );
});
