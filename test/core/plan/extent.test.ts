import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { measureExtent, MOST_INTERVALS } from "../../../core/plan/retire/extent";
import { parseInterval } from "../../../core/time/interval";
import { calendar, instant } from "../support/arbitraries";
import { windowSpec } from "../support/specs";
import { findPeriodEnd, findPeriodStart } from "../../../core/time/period";
import type { SegmentArgs } from "../../../core/declare/levels/time-level";

const cut = (...grid: SegmentArgs[]) => windowSpec({ partitionBy: [{ range: "ts", grid }] });
const MONTHS = cut({ every: "month" });
const WEEKS = cut({ every: "week" });
const MIXED = cut(
  { every: "month" },
  { from: "2020-01-01", to: "2020-03-17", every: "whole", name: "relocation" },
  { from: "2020-03-17", every: "month", name: "{table}_m{yyyy}{mm}" },
);
const LATE = cut({ from: "2025-01-01", every: "month" });

describe("what a partition takes of the grid", () => {
  test.each([
    ["a month of the grid", MONTHS, "2025-01-01/2025-02-01", 1, undefined],
    ["a day within one", MONTHS, "2025-01-05/2025-01-06", 1, undefined],
    ["a month that is cut at a segment", MIXED, "2020-03-17/2020-04-01", 1, undefined],
    ["a month before the grid begins", LATE, "2024-05-01/2024-06-01", 1, undefined],
    ["thirty days across two months, no longer than one", MONTHS, "2025-01-10/2025-02-09", 2, undefined],
    ["a quarter among months", MONTHS, "2025-01-01/2025-04-01", 3, undefined],
    ["a year before the grid begins", LATE, "2023-01-01/2024-01-01", 12, undefined],
    ["a month among weeks", WEEKS, "2025-01-01/2025-02-01", 5, undefined],
    ["a month among hours", cut({ every: "hour" }), "2025-01-01/2025-02-01", 744, undefined],
    ["a year among hours", cut({ every: "hour" }), "2025-01-01/2026-01-01", MOST_INTERVALS, undefined],
    ["seven years", MONTHS, "2019-09-01/2026-09-01", 84, /longer than an interval/],
    ["six weeks among months", MONTHS, "2025-01-01/2025-02-15", 2, /longer than an interval/],
    ["a separate segment", MIXED, "2020-01-01/2020-03-17", 3, /separate segment/],
    ["no beginning", MONTHS, "../2026-09-01", MOST_INTERVALS, /no beginning/],
    ["no end", MONTHS, "2026-09-01/..", MOST_INTERVALS, /no end/],
    ["neither", MONTHS, "../..", MOST_INTERVALS, /no beginning/],
  ])("%s", (_what, spec, bounds, intervals, odd) => {
    const extent = measureExtent(spec, parseInterval(bounds));
    expect(extent.intervals).toBe(intervals);
    expect(extent.odd ?? "").toMatch(odd ?? /^$/);
  });

  test("is one interval for each that a regular grid creates, in every calendar", () => {
    fc.assert(
      fc.property(calendar, instant, ({ zone, period }, at) => {
        const spec = windowSpec({ partitionBy: [{ range: "ts", every: period, zone }] });
        const bounds = { from: findPeriodStart(at, period, zone), to: findPeriodEnd(at, period, zone) };
        expect(measureExtent(spec, bounds)).toEqual({ intervals: 1, odd: undefined });
        expect(measureExtent(spec, { ...bounds, from: undefined }).odd).toBe("has no beginning");
      }),
      { numRuns: 50 },
    );
  });
});
