import { MAX_PREPARED, PREPARED_INTERVALS, PREPARED_SPAN } from "../../defaults";
import type { WindowSpec } from "../../declare/table/spec";
import type { ParentShape } from "../../partition/carry/parent";
import { type GridInterval, findIntervalAt, listIntervalsBetween } from "../../time/grid";
import { compareInstants, type Instant, pickLater, parseInstant } from "../../time/instant";
import { addSpan, parseSpan } from "../../time/span";
import { computeLeadEnd } from "../../window/window-partitions";

/** Returns the parent for partitions that are created later, at an unknown time and by any role. */
export function prepareParent(parent: ParentShape): ParentShape {
  // However late a partition is created, its upper bound is ahead: it gets the properties of young ones. Their order is unknown,
  // so the next update extends the CHECK of a default partition. Unknown, too, are the grantees of default privileges by then,
  // and the role: the schedule works as the owner of the table, and two roles that take turns to update it must prepare the same.
  const carried = { ...parent.carried, role: undefined, defaultGrantees: "whoever" as const };
  return { ...parent, now: undefined, fallback: undefined, carried };
}

/** Beyond every realistic grid. */
const FOREVER = parseInstant("+200000-01-01T00:00:00Z", "UTC");

/**
 * Lists the intervals from the present one to the end of the lead, and beyond it as far as a database is to last without an
 * update.
 */
export function listComingIntervals(spec: WindowSpec, asOf: Instant): GridInterval[] {
  const zone = spec.key.zone;
  const now = findIntervalAt(spec.grid, asOf, zone)?.from ?? asOf;
  const lead = computeLeadEnd(spec, now);
  const fixed = "until" in spec.lead;
  const span = parseSpan(PREPARED_SPAN);
  const enough = span ? addSpan(lead, span, zone) : lead;
  const intervals: GridInterval[] = [];
  let beyond = 0;
  for (const interval of listIntervalsBetween(
    spec.grid,
    spec.start ? pickLater(spec.start, now) : now,
    FOREVER,
    zone,
  )) {
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

/** Adds due times: an interval is due when the first present interval begins whose lead reaches it. */
export function addDueTimes(spec: WindowSpec, intervals: readonly GridInterval[]): DueInterval[] {
  let present = 0;
  let reach: Instant | undefined;
  return intervals.map((interval) => {
    for (; ; present += 1, reach = undefined) {
      const { from: dueAt } = intervals[present] ?? interval;
      reach ??= computeLeadEnd(spec, dueAt);
      if (compareInstants(interval.from, reach) < 0 || present >= intervals.length) return { interval, dueAt };
    }
  });
}

/**
 * Cuts a long lead of short intervals in the middle: those exist since the last update. The beginning is retained for the
 * horizons of the present, the end for partitions that do not exist yet.
 */
export function limitPrepared<T>(partitions: readonly T[]): readonly T[] {
  if (partitions.length <= 2 * MAX_PREPARED) return partitions;
  return [...partitions.slice(0, MAX_PREPARED), ...partitions.slice(-MAX_PREPARED)];
}
