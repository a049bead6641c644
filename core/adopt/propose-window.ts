import type { ObservedTable } from "../observed/observed-table";
import type { WindowArgs } from "../declare/window/window";
import { type GridSegment, findIntervalAt } from "../time/grid";
import { compareInstants, formatInstant, type Instant } from "../time/instant";
import type { OpenInterval } from "../time/interval";
import type { Period } from "../time/period";
import { addSpan, MAX_SPAN_COUNT, type SpanUnit } from "../time/span";
import { CannotAdopt } from "./cannot-adopt";
import { SPAN_WORDS } from "./find-grid";
import type { NamedInterval } from "./partition-names";

/** Facts from which a window is proposed. */
interface WindowFacts {
  /** As its time level sees it. */
  readonly table: ObservedTable;
  readonly now: Instant;
  readonly grid: readonly GridSegment[];
  readonly zone: string;
}

/** Proposes a window as far back and ahead as partitions exist, so that the first update neither creates nor retires any. */
export function proposeWindow(
  { table, now, grid, zone }: WindowFacts,
  partitions: readonly NamedInterval[],
  period: Period,
): { readonly window: WindowArgs; readonly notes: readonly string[] } {
  const first = partitions[0];
  const last = partitions.at(-1);
  const endless = table.partitions.find((partition) => partition.bounds?.from && !partition.bounds.to);
  const unlimited = endless?.bounds?.from;
  const open = table.partitions.some((partition) => partition.bounds && !partition.bounds.from);
  if (!first && table.partitions.some((partition) => partition.bounds))
    throw new CannotAdopt(
      `no partition of "${table.schema}.${table.name}" has both a beginning and an end (${table.partitions
        .filter((partition) => partition.bounds)
        .map((partition) => `"${partition.name}" ${partition.boundsText}`)
        .join(
          ", ",
        )}), so there is no room for a window between them: detach the one without an end, and attach it again with the end that its rows have`,
    );
  const base = findIntervalAt(grid, now, zone)?.from ?? now;
  const lead: WindowArgs["lead"] = unlimited
    ? { until: formatInstant(unlimited) }
    : formatSpan(chooseLead(base, { from: first?.from, to: last?.to }, period, zone));
  const isAhead = last && compareInstants(base, last.from) < 0;
  const notes = [
    ...(endless && unlimited
      ? [
          `the last partition "${endless.name}" has no end: nothing can be created after ${formatInstant(unlimited)} until it is detached, and then attached again with an end. lead ends there`,
        ]
      : []),
    ...(!isAhead && !unlimited ? ["no partition exists after the present one: the first update creates the next"] : []),
  ];
  if (open || !first)
    return {
      window: { lead, retention: "forever", start: formatInstant(first?.from ?? base) },
      notes: [
        ...notes,
        ...(open ? ["the first partition has no beginning: it remains attached, outside the window"] : []),
      ],
    };
  const back = findLeastSpan(
    (unit, count) => compareInstants(addSpan(base, { count, unit }, zone, -1), first.from) <= 0,
    period,
  );
  const horizon = addSpan(base, back, zone, -1);
  const exact = compareInstants(horizon, first.from) === 0;
  return {
    window: { lead, retention: formatSpan(back), ...(exact ? {} : { start: formatInstant(first.from) }) },
    notes,
  };
}

interface Counted {
  readonly count: number;
  readonly unit: SpanUnit;
}

/**
 * Returns the longest lead that ends before the last partition: the interval that it ends in is the last one wanted. If that is
 * before the first partition too, which is shorter than the unit then, the lead is one longer: a window must not be empty.
 */
function chooseLead(base: Instant, { from, to }: OpenInterval, period: Period, zone: string): Counted {
  const reaches = (end: Instant | undefined) => (unit: SpanUnit, count: number) =>
    end === undefined || compareInstants(addSpan(base, { count, unit }, zone), end) >= 0;
  const beyond = findLeastSpan(reaches(to), period);
  const shorter = { ...beyond, count: Math.max(1, beyond.count - 1) };
  return reaches(from)(shorter.unit, shorter.count) ? shorter : beyond;
}

/** Units of a length, from the interval's own on. */
const UNITS: readonly Period[] = ["hour", "day", "week", "month", "quarter", "year"];

/** Returns the least sufficient count, in the interval's own unit, or in a longer one if the count would be too large. */
function findLeastSpan(isEnough: (unit: Period, count: number) => boolean, period: Period): Counted {
  for (const unit of UNITS.slice(UNITS.indexOf(period))) {
    if (!isEnough(unit, MAX_SPAN_COUNT)) continue;
    let [low, high] = [1, MAX_SPAN_COUNT];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (isEnough(unit, middle)) high = middle;
      else low = middle + 1;
    }
    return { count: low, unit };
  }
  return { count: MAX_SPAN_COUNT, unit: "year" };
}

function formatSpan({ count, unit }: Counted): `${number} months` {
  return `${count} ${SPAN_WORDS[unit]}` as `${number} months`;
}
