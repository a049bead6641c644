import { compareInstants, pickEarlier, type Instant, pickLater } from "./instant";
import type { Interval } from "./interval";
import { findPeriodEnd, type Period, findPeriodStart } from "./period";

/**
 * One segment of the time axis with one length of partitions. Segments tile: each begins where the previous one ends, the first
 * may begin at minus infinity, the last may never end. `whole` is a single partition of odd size.
 */
export interface GridSegment {
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
  readonly every: Period | "whole";
  /** Template of the names of its partitions. */
  readonly name: string;
}

/** An interval of the grid together with its segment. */
export interface GridInterval extends Interval {
  readonly segment: GridSegment;
}

/** Returns the interval of the grid that contains `instant`, or undefined if no segment covers it. */
export function findIntervalAt(grid: readonly GridSegment[], instant: Instant, zone: string): GridInterval | undefined {
  const segment = grid.find((candidate) => contains(candidate, instant));
  if (!segment) return undefined;
  if (segment.every === "whole") {
    if (!segment.from || !segment.to) return undefined;
    return { from: segment.from, to: segment.to, segment };
  }
  const from = findPeriodStart(instant, segment.every, zone);
  const to = findPeriodEnd(instant, segment.every, zone);
  return {
    from: segment.from ? pickLater(from, segment.from) : from,
    to: segment.to ? pickEarlier(to, segment.to) : to,
    segment,
  };
}

/** Yields every interval that overlaps [from, to), oldest first, without gap or overlap inside the covered part of the axis. */
export function* listIntervalsBetween(
  grid: readonly GridSegment[],
  from: Instant,
  to: Instant,
  zone: string,
): Generator<GridInterval> {
  const firstCovered = grid[0]?.from;
  let at = firstCovered ? pickLater(from, firstCovered) : from;
  while (compareInstants(at, to) < 0) {
    const interval = findIntervalAt(grid, at, zone);
    if (!interval) return;
    yield interval;
    at = interval.to;
  }
}

function contains(segment: GridSegment, instant: Instant): boolean {
  const started = !segment.from || compareInstants(segment.from, instant) <= 0;
  const ended = segment.to !== undefined && compareInstants(segment.to, instant) <= 0;
  return started && !ended;
}
