import { MAX_PREPARED, PREPARED_INTERVALS, PREPARED_SPAN } from "../../defaults";
import type { WindowSpec } from "../../declare/table/spec";
import type { ParentShape } from "../../partition/carry/parent";
import { type GridInterval, intervalAt, intervalsBetween } from "../../time/grid";
import { compareInstants, type Instant, later, parseInstant } from "../../time/instant";
import { addSpan, parseSpan } from "../../time/span";
import { leadEnd } from "../../window/window";

/** The parent of partitions that somebody makes later, nobody knows when. */
export function forWhomever(parent: ParentShape): ParentShape {
  // However late a partition is made, its upper bound is ahead: it gets what young ones get.
  // Nobody knows in which order they are made: the CHECK of a default partition is extended by the next update.
  // Nor whom default privileges will be generous to by then, and whether those of today still exist.
  // Nor as whom: the schedule works as the owner of the table, and two roles that update it in turns prepare the same.
  const carried = { ...parent.carried, role: undefined, defaultGrantees: "whoever" as const };
  return { ...parent, now: undefined, fallback: undefined, carried };
}

/** Far beyond every grid that anybody declares. */
const FOREVER = parseInstant("+200000-01-01T00:00:00Z", "UTC");

/** From the present interval on, to the end of the lead and as far beyond it as a database is to last without an update. */
export function comingIntervals(spec: WindowSpec, asOf: Instant): GridInterval[] {
  const zone = spec.key.zone;
  const now = intervalAt(spec.grid, asOf, zone)?.from ?? asOf;
  const lead = leadEnd(spec, now);
  const fixed = "until" in spec.lead;
  const span = parseSpan(PREPARED_SPAN);
  const enough = span ? addSpan(lead, span, zone) : lead;
  const intervals: GridInterval[] = [];
  let beyond = 0;
  for (const interval of intervalsBetween(spec.grid, spec.start ? later(spec.start, now) : now, FOREVER, zone)) {
    const ahead = compareInstants(interval.from, lead) >= 0;
    if (ahead && (fixed || beyond >= MAX_PREPARED)) break;
    if (ahead && beyond >= PREPARED_INTERVALS && compareInstants(interval.from, enough) >= 0) break;
    if (ahead) beyond += 1;
    intervals.push(interval);
  }
  return intervals;
}

export interface DueInterval {
  readonly interval: GridInterval;
  readonly dueAt: Instant;
}

/** An interval is due when the first present interval begins whose lead reaches it. */
export function withDueTimes(spec: WindowSpec, intervals: readonly GridInterval[]): DueInterval[] {
  let present = 0;
  let reach: Instant | undefined;
  return intervals.map((interval) => {
    for (; ; present += 1, reach = undefined) {
      const { from: dueAt } = intervals[present] ?? interval;
      reach ??= leadEnd(spec, dueAt);
      if (compareInstants(interval.from, reach) < 0 || present >= intervals.length) return { interval, dueAt };
    }
  });
}

/**
 * A long lead of short intervals is cut in the middle: what lies there exists since the last update. The beginning is kept for
 * the horizons of the present, the end for what nobody has made yet.
 */
export function bounded<T>(partitions: readonly T[]): readonly T[] {
  if (partitions.length <= 2 * MAX_PREPARED) return partitions;
  return [...partitions.slice(0, MAX_PREPARED), ...partitions.slice(-MAX_PREPARED)];
}
