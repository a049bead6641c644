import fc from "fast-check";
import { expect, test } from "vitest";
import { findIntervalAt, listIntervalsBetween } from "../../../core/time/grid";
import { compareInstants } from "../../../core/time/instant";
import { formatInterval, overlaps, parseInterval, isSameInterval } from "../../../core/time/interval";
import { findPeriodEnd, findPeriodStart } from "../../../core/time/period";
import { calendar, grid, instant } from "../support/arbitraries";

test("every instant is in its own period, for all periods and zones", () => {
  fc.assert(
    fc.property(calendar, instant, ({ zone, period }, at) => {
      const from = findPeriodStart(at, period, zone);
      const to = findPeriodEnd(at, period, zone);
      expect(compareInstants(from, at)).toBeLessThanOrEqual(0);
      expect(compareInstants(at, to)).toBeLessThan(0);
    }),
    { numRuns: 1500 },
  );
});

test("neighbouring periods meet exactly on days with 23, 24 or 25 hours", () => {
  fc.assert(
    fc.property(calendar, instant, ({ zone, period }, at) => {
      const to = findPeriodEnd(at, period, zone);
      expect(compareInstants(findPeriodStart(to, period, zone), to)).toBe(0);
      const last = to.subtract({ nanoseconds: 1000 });
      expect(compareInstants(findPeriodStart(last, period, zone), findPeriodStart(at, period, zone))).toBe(0);
      expect(compareInstants(findPeriodEnd(last, period, zone), to)).toBe(0);
    }),
    { numRuns: 1500 },
  );
});

test("the intervals of a random grid leave no gap, do not overlap, and cover what was asked", () => {
  fc.assert(
    fc.property(
      grid,
      fc.integer({ min: 0, max: 600 }),
      fc.integer({ min: 1, max: 200 }),
      ({ zone, grid: segments }, start, length) => {
        const first = segments[0]?.from ?? segments[0]?.to;
        if (!first) return;
        const from = first.add({ hours: 24 * start - 2000 });
        const to = from.add({ hours: 24 * length });
        const intervals = [...listIntervalsBetween(segments, from, to, zone)];
        for (const [index, interval] of intervals.entries()) {
          expect(compareInstants(interval.from, interval.to)).toBeLessThan(0);
          expect(overlaps(interval, { from, to })).toBe(true);
          const next = intervals[index + 1];
          if (next) expect(compareInstants(interval.to, next.from)).toBe(0);
        }
        const end = segments.at(-1)?.to;
        const reached = intervals.at(-1)?.to;
        if (reached)
          expect(compareInstants(reached, to) >= 0 || (end && compareInstants(reached, end) === 0)).toBe(true);
      },
    ),
    { numRuns: 400 },
  );
});

test("an interval of the grid is found again from every instant in it", () => {
  fc.assert(
    fc.property(grid, fc.integer({ min: 0, max: 700 }), ({ zone, grid: segments }, days) => {
      const at = (segments[0]?.to ?? segments[0]?.from)?.add({ hours: 24 * days });
      const interval = at && findIntervalAt(segments, at, zone);
      if (!at || !interval) return;
      expect(compareInstants(interval.from, at) <= 0 && compareInstants(at, interval.to) < 0).toBe(true);
      const again = findIntervalAt(segments, interval.to.subtract({ nanoseconds: 1000 }), zone);
      expect(again && isSameInterval(again, interval)).toBe(true);
    }),
    { numRuns: 400 },
  );
});

test("an interval is read back from the text that preview prints", () => {
  fc.assert(
    fc.property(instant, fc.option(instant, { nil: undefined }), (from, to) => {
      const interval = { from, to };
      expect(isSameInterval(parseInterval(formatInterval(interval)), interval)).toBe(true);
    }),
  );
});
