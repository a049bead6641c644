import { createHash } from "node:crypto";
import { MAX_PREPARED, PREPARED_INTERVALS, PREPARED_SPAN } from "../defaults";
import { branchKey } from "../levels/levels";
import { partitionName } from "../names/template";
import type { Registration } from "../observed";
import type { WindowSpec } from "../spec/spec";
import { createPartitionStatements } from "../statements/create-partition";
import type { ParentShape } from "../statements/parent";
import { type GridInterval, intervalAt, intervalsBetween } from "../time/grid";
import { compareInstants, earlier, formatInstant, type Instant, later, parseInstant } from "../time/instant";
import { addSpan, parseSpan } from "../time/span";
import { horizonAt, leadEnd } from "../window/window";
import type { Clocks } from "./retirement";
import type { WorkItem } from "./types";

/** A partition of a coming interval as the schedule in the database will make it: it only runs what is decided here. */
export interface PreparedPartition {
  /** As in the ledger: empty for a part of the table itself. */
  readonly branch: string;
  readonly parent: { readonly schema: string; readonly name: string };
  readonly schema: string;
  readonly name: string;
  readonly from: Instant;
  readonly to: Instant;
  /** From this moment on the window wants it. */
  readonly dueAt: Instant;
  /** While this interval is the present one, what ended then or before has expired. */
  readonly horizon: Instant | undefined;
  readonly statements: readonly string[];
}

/**
 * Renders the partitions of one parent from the present interval on, to the end of the lead and beyond it: as many as let a
 * database that nobody updates take rows for half a year. A fixed end of the window is its end here too.
 */
export function preparePartitions(spec: WindowSpec, parent: ParentShape, asOf: Instant): PreparedPartition[] {
  const zone = spec.key.zone;
  // However late a partition is made, its upper bound is ahead: it gets what young ones get.
  // Nobody knows in which order they are made: the CHECK of a default partition is extended by the next update.
  // Nor whom default privileges will be generous to by then, and whether those of today still exist.
  const carried = { ...parent.carried, defaultGrantees: "whoever" as const };
  const shape = { ...parent, now: undefined, fallback: undefined, carried };
  return bounded(withDueTimes(spec, comingIntervals(spec, asOf))).map(({ interval, dueAt }) => {
    const { from, to } = interval;
    const name = partitionName(interval.segment.name, spec.table, interval, zone, parent.table);
    return {
      branch: branchKey(parent.path),
      parent: { schema: parent.schema, name: parent.table },
      schema: parent.leafSchema,
      name,
      from,
      to,
      dueAt,
      horizon: horizonAt(spec, from),
      statements: createPartitionStatements(shape, { name, from, to }).map((statement) => statement.sql),
    };
  });
}

/** Equal for equal rows: an update writes them only where the database has others. */
export function digestPrepared(prepared: readonly PreparedPartition[]): string {
  return createHash("sha256").update(JSON.stringify(prepared), "utf8").digest("hex").slice(0, 16);
}

/** What the registry should hold for the schedule, and whether it does. */
export interface PreparedPlan {
  readonly partitions: readonly PreparedPartition[];
  readonly digest: string;
  /** Whether the registry holds others. */
  readonly due: boolean;
  /** One item where that alone asks for an update: a first one comes anyway. */
  readonly work: readonly WorkItem[];
}

/**
 * By the earlier of the two clocks, as retirement: a program whose clock is ahead must not take the nearest intervals away from
 * the schedule.
 */
export function planPrepared(
  spec: WindowSpec,
  parents: readonly ParentShape[],
  registration: Registration | undefined,
  clocks: Clocks,
): PreparedPlan | undefined {
  if (!registration || parents.length === 0) return undefined;
  const at = clocks.trusted ?? earlier(clocks.asOf, clocks.database);
  const partitions = parents.flatMap((parent) => preparePartitions(spec, parent, at));
  const digest = digestPrepared(partitions);
  const [first, last] = [partitions[0], partitions.at(-1)];
  const due = registration.prepared !== digest;
  return {
    partitions,
    digest,
    due,
    work:
      due && registration.window !== undefined && first !== undefined && last !== undefined
        ? [
            {
              verb: "prepare",
              partition: `${partitions.length} partitions`,
              from: formatInstant(first.from),
              to: formatInstant(last.to),
            },
          ]
        : [],
  };
}

/** Far beyond every grid that anybody declares. */
const FOREVER = parseInstant("+200000-01-01T00:00:00Z", "UTC");

function comingIntervals(spec: WindowSpec, asOf: Instant): GridInterval[] {
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

interface DueInterval {
  readonly interval: GridInterval;
  readonly dueAt: Instant;
}

/** An interval is due when the first present interval begins whose lead reaches it. */
function withDueTimes(spec: WindowSpec, intervals: readonly GridInterval[]): DueInterval[] {
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
function bounded<T>(partitions: readonly T[]): readonly T[] {
  if (partitions.length <= 2 * MAX_PREPARED) return partitions;
  return [...partitions.slice(0, MAX_PREPARED), ...partitions.slice(-MAX_PREPARED)];
}
