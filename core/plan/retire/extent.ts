import { getBranchSpec } from "../../partition/branch/desired-branches";
import type { WindowSpec } from "../../declare/table/spec";
import { type GridSegment, listIntervalsBetween } from "../../time/grid";
import { type Interval, type OpenInterval, overlaps } from "../../time/interval";
import { findPeriod } from "../../time/period";

/** Part of the time axis that a partition covers. */
export interface Extent {
  /** Number of intervals of the grid at its place, at least one. */
  readonly intervals: number;
  /** Reason why it is no interval of the grid, whatever their number: `has no beginning`. Undefined: the number suffices. */
  readonly odd: string | undefined;
}

/** Number of intervals counted one by one; beyond it the count is derived from their length. */
const COUNTED = 60;

/** Count for an open end, and the highest count: one more than the highest maxDropsPerUpdate. */
export const MOST_INTERVALS = 1001;

/**
 * Measures a partition by the grid of its branch. One of another calendar length (a month among weeks) is that many intervals.
 * One that has an open bound, is a segment of its own, or is longer than an interval there and no calendar length, is odd: no
 * number of intervals limits the rows that it may hold.
 */
export function measureExtent(spec: WindowSpec, { from, to }: OpenInterval, path: readonly string[] = []): Extent {
  if (!from) return { intervals: MOST_INTERVALS, odd: "has no beginning" };
  if (!to) return { intervals: MOST_INTERVALS, odd: "has no end" };
  const { zone } = spec.key;
  const { grid } = getBranchSpec(spec, path);
  const length = measureLength({ from, to });
  const touched = takeFirst(listIntervalsBetween(regularizeGrid(grid), from, to, zone), COUNTED);
  const longest = Math.max(...touched.map(measureLength));
  const counted = touched.reduce((sum, interval) => sum + measureLength(interval), 0);
  const intervals =
    touched.length < COUNTED
      ? touched.length
      : Math.min(MOST_INTERVALS, Math.max(COUNTED, Math.round((length * COUNTED) / counted)));
  const whole = grid.some((segment) => segment.every === "whole" && overlaps(segment, { from, to }));
  if (whole) return { intervals, odd: 'is a separate segment (every: "whole")' };
  const odd = intervals > 1 && length > longest && findPeriod({ from, to }, zone) === "whole";
  return { intervals, odd: odd ? "is longer than an interval of the grid, and none of the calendar" : undefined };
}

function takeFirst<T>(items: Iterable<T>, most: number): T[] {
  const first: T[] = [];
  for (const item of items) if (first.push(item) === most) break;
  return first;
}

/** Returns the grid without ends and without odd segments; their neighbours' length applies there. */
function regularizeGrid(grid: readonly GridSegment[]): GridSegment[] {
  const periods = grid.map(({ every }) => every);
  return grid.map((segment, index) => ({
    ...segment,
    ...(index === 0 ? { from: undefined } : {}),
    ...(index === grid.length - 1 ? { to: undefined } : {}),
    every:
      [...periods.slice(index), ...periods.slice(0, index).reverse()].find((every) => every !== "whole") ?? "month",
  }));
}

function measureLength({ from, to }: Interval): number {
  return to.epochMilliseconds - from.epochMilliseconds;
}
