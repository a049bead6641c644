import { compareInstants, type Instant } from "../time/instant";
import type { Interval } from "../time/interval";
import { hasRegularHours, type Period } from "../time/period";

/** Calendar lengths of partitions, in months, including those that `every` does not have; the longest first. */
const MONTHS = [60, 36, 24, 18, 12, 6, 4, 3, 2, 1] as const;

const HOUR = 3_600_000_000_000n;
const DAY = 24n * HOUR;
const WEEK = 7n * DAY;
/** A mean month, quarter and year of the Gregorian calendar. */
const MONTH = (DAY * 146_097n) / 4800n;
const MEAN: readonly (readonly [Period, bigint])[] = [
  ["year", 12n * MONTH],
  ["quarter", 3n * MONTH],
  ["month", MONTH],
  ["week", WEEK],
  ["day", DAY],
  ["hour", HOUR],
];

/** Some tools end a partition with the last second, millisecond or microsecond that belongs to it. */
const SLACKS = [0n, 1_000_000_000n, 1_000_000n, 1000n] as const;

/** True for a usual length of time: whole days, an even part of a day, or months from the same day of each. */
export function isTimeLength(part: Interval, zone: string): boolean {
  if (!isRound(part.from)) return false;
  return SLACKS.some((slack) => {
    const closed = { from: part.from, to: part.to.add({ nanoseconds: Number(slack) }) };
    const length = measureLength(closed);
    const even = DAY % length === 0n && length % (HOUR / 12n) === 0n;
    return length % DAY === 0n || even || countMonths(closed, zone) !== undefined;
  });
}

/** True if they are of one length: by the clock, or by months. */
export function isOneLength(parts: readonly Interval[], zone: string): boolean {
  const [first] = parts;
  if (!first) return false;
  if (parts.every((part) => measureLength(part) === measureLength(first))) return true;
  const months = countMonths(first, zone);
  return months !== undefined && parts.every((part) => countMonths(part, zone) === months);
}

/** True for a round time: bounds of time fall on multiples of five minutes, those of ids one time in 300. */
function isRound(at: Instant): boolean {
  return at.epochNanoseconds % (HOUR / 12n) === 0n;
}

/**
 * Returns the longest available interval that is no longer than partitions from start to start; the shortest that the key can
 * hold if none is that short.
 */
export function findNearestShorter(parts: readonly Interval[], zone: string, noHours = false): Period {
  const hasHours = !noHours && hasRegularHours(zone);
  const months = parts.map((part) => countMonths(part, zone));
  const [count] = months;
  if (count !== undefined && months.every((one) => one === count))
    return count >= 12 ? "year" : count >= 3 ? "quarter" : "month";
  const last = parts.at(-1);
  const length = last ? measureLength(last) : MONTH;
  const found = MEAN.find(([period, mean]) => mean <= length && (period !== "hour" || hasHours))?.[0];
  return found ?? (hasHours ? "hour" : "day");
}

/** Counts months from one day to the same day of another month, at the same time of day. */
function countMonths({ from, to }: Interval, zone: string): number | undefined {
  const start = from.toZonedDateTimeISO(zone);
  return MONTHS.find((months) => compareInstants(start.add({ months }).toInstant(), to) === 0);
}

/** Describes a length for a note: `12 hours`, `14 days`, `2 months`. */
export function formatLength(part: Interval, zone: string): string {
  const months = countMonths(part, zone);
  if (months !== undefined) return formatCount(months, "month");
  const length = measureLength(part);
  for (const [unit, size] of [
    ["day", DAY],
    ["hour", HOUR],
    ["minute", HOUR / 60n],
    ["second", HOUR / 3600n],
  ] as const)
    if (length % size === 0n) return formatCount(Number(length / size), unit);
  return `${length / 1000n} microseconds`;
}

function formatCount(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

function measureLength({ from, to }: Interval): bigint {
  return to.epochNanoseconds - from.epochNanoseconds;
}
