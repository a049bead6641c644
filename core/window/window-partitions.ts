import { MAX_WINDOW_INTERVALS } from "../defaults";
import { formatPartitionName } from "../names/template";
import type { Problem } from "../problems/problem";
import type { WindowSpec } from "../declare/table/spec";
import { findIntervalAt, listIntervalsBetween } from "../time/grid";
import { compareInstants, formatInstant, type Instant, pickLater } from "../time/instant";
import { formatInterval, type Interval } from "../time/interval";
import { canHoldBound, describeKind } from "../time/key";
import { addSpan } from "../time/span";

/** One partition that the window requires. */
export interface DesiredPartition extends Interval {
  readonly name: string;
}

/** The declared window at one moment. */
export interface PlannedWindow {
  /** Start of the interval that contains asOf: this value decides, so that a minute more or less changes nothing. */
  readonly asOf: Instant;
  /** Partitions that end at or before it have expired. Undefined: kept forever. */
  readonly horizon: Instant | undefined;
  readonly desired: readonly DesiredPartition[];
  /** End of the current interval, when the window advances. Undefined: the grid does not cover asOf. */
  readonly nextRoll: Instant | undefined;
  /** End of the last desired partition: writers need no new partition until then. */
  readonly runway: Instant | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Decides which partitions should exist: every interval of the grid from max(start, horizon) to asOf + lead. Pure and
 * deterministic; no other code implements this rule. `base` is the branch of the partitions.
 */
export function planWindow(spec: WindowSpec, asOf: Instant, base = spec.table): PlannedWindow {
  const zone = spec.key.zone;
  const current = findIntervalAt(spec.grid, asOf, zone);
  const at = current?.from ?? asOf;
  const horizon = computeHorizon(spec, asOf);
  const from = spec.start && horizon ? pickLater(spec.start, horizon) : (spec.start ?? horizon ?? at);
  const desired: DesiredPartition[] = [];
  for (const interval of listIntervalsBetween(spec.grid, from, computeLeadEnd(spec, at), zone)) {
    if (desired.length > MAX_WINDOW_INTERVALS) break;
    const name = formatPartitionName(interval.segment.name, spec.table, interval, zone, base);
    desired.push({ from: interval.from, to: interval.to, name });
  }
  return {
    asOf: findFinestStart(spec, asOf) ?? at,
    horizon,
    desired,
    nextRoll: current?.to,
    runway: desired.at(-1)?.to,
    problems: [...findWindowProblems(desired), ...findBoundProblems(spec, desired)],
  };
}

/** Returns the start of the shortest interval: branches may have shorter partitions than the table, and it then decides. */
function findFinestStart(spec: WindowSpec, asOf: Instant): Instant | undefined {
  const grids = [spec.grid, ...spec.levels.overrides.map((override) => override.grid)];
  return grids
    .flatMap((grid) => findIntervalAt(grid, asOf, spec.key.zone)?.from ?? [])
    .reduce<Instant | undefined>((latest, from) => (latest ? pickLater(latest, from) : from), undefined);
}

/** Returns the instant at or before which a partition must end to have expired. Undefined with retention "forever". */
export function computeHorizon(spec: WindowSpec, at: Instant): Instant | undefined {
  if (spec.retention === "forever") return undefined;
  const start = findIntervalAt(spec.grid, at, spec.key.zone)?.from ?? at;
  return addSpan(start, spec.retention, spec.key.zone, -1);
}

/** Returns the end of the lead. One nanosecond makes it inclusive, because an interval that begins at it is required. */
export function computeLeadEnd(
  spec: Pick<WindowSpec, "lead"> & { readonly key: Pick<WindowSpec["key"], "zone"> },
  at: Instant,
): Instant {
  if ("until" in spec.lead) return spec.lead.until;
  return addSpan(at, spec.lead, spec.key.zone).add({ nanoseconds: 1 });
}

function findWindowProblems(desired: readonly DesiredPartition[]): Problem[] {
  if (desired.length > MAX_WINDOW_INTERVALS) {
    return [
      {
        path: "window",
        code: "window-too-large",
        message: `the window holds more than ${MAX_WINDOW_INTERVALS} intervals.`,
        fix: "Use a longer interval, a shorter retention, or a smaller lead.",
      },
    ];
  }
  const seen = new Map<string, DesiredPartition>();
  const problems: Problem[] = [];
  for (const partition of desired) {
    const other = seen.get(partition.name);
    if (other) {
      problems.push({
        path: "partitionBy[0].name",
        code: "name-collision",
        message: `${formatInterval(other)} and ${formatInterval(partition)} would both be called "${partition.name}".`,
        fix: "Give each segment of the grid its own name template.",
      });
    }
    seen.set(partition.name, partition);
  }
  if (desired.length === 0) {
    problems.push({
      path: "window",
      code: "invalid-value",
      message: "the window is empty: no interval of the grid is between its start and its lead.",
      fix: "Set a start before the end of the lead, and a grid that covers the present.",
    });
  }
  return problems;
}

/** Checks the ends of the window, which imply those in between. */
function findBoundProblems(spec: WindowSpec, desired: readonly DesiredPartition[]): Problem[] {
  const { kind, zone } = spec.key;
  if (!kind) return [];
  return [desired[0]?.from, desired.at(-1)?.to].flatMap((bound) =>
    bound === undefined || canHoldBound(bound, kind, zone)
      ? []
      : [
          {
            path: "window",
            code: "invalid-value",
            message: `a key of kind ${describeKind(kind)} cannot hold ${formatInstant(bound)}, an end of the window.`,
            fix:
              kind === "epoch-s-int4"
                ? "Shorten the lead, and move the rows into a table whose key is a bigint before then."
                : "Begin and end the window where the key can hold a time.",
          },
        ],
  );
}

/** True if an interval has expired: its upper bound is not after the horizon. A partition without upper bound never expires. */
export function hasExpired(to: Instant | undefined, horizon: Instant | undefined): boolean {
  return to !== undefined && horizon !== undefined && compareInstants(to, horizon) <= 0;
}

/** Formats the window as one line: `2025-11-01 .. 2027-03-01 (16 partitions)`. */
export function describeWindow(window: PlannedWindow): string {
  const first = window.desired[0];
  const last = window.desired.at(-1);
  if (!first || !last) return "empty";
  return `${formatInstant(first.from)} .. ${formatInstant(last.to)} (${window.desired.length} partitions)`;
}
