import type { ObservedPartition } from "../observed/observed-table";
import { compareInstants, pickEarlier, formatInstant, type Instant, pickLater } from "../time/instant";
import type { Interval } from "../time/interval";
import type { KeyEncoding } from "../time/key";
import { CannotAdopt } from "./cannot-adopt";
import { findPeriod } from "../time/period";
import { isTimeLength } from "./steps";

/** The time partitions of a table as one encoding and one time zone read them. */
interface BoundsReading {
  readonly encoding: KeyEncoding;
  readonly zone: string;
  readonly parts: readonly Pick<ObservedPartition, "name" | "boundsText" | "bounds" | "isDefault">[];
}

/** Table and column of the bounds, for messages. */
interface KeySubject {
  /** `"app.events"` */
  readonly name: string;
  readonly column: string;
  readonly type: string;
  readonly now: Instant;
}

/** Partitions that still receive rows are near the present; misread numbers are far off, by factors of 1000. */
const NEAR_YEARS = 30;

/**
 * Chooses the reading by the bounds themselves. A date or timestamp is a time, and only the time zone is open: the first one by
 * which most partitions are whole calendar intervals. Numbers and UUIDs are taken as times only by their position (within decades
 * of the present) and length. Throws CannotAdopt, with the reason, if no reading fits.
 *
 * @param isGiven true if the operator gave the encoding: then only the time zone is open
 */
export function chooseReading<T extends BoundsReading>(
  readings: readonly T[],
  subject: KeySubject,
  isGiven = false,
): T {
  const [first, ...rest] = readings.filter((one) => isGiven || one.encoding === "time" || isTold(one, subject.now));
  if (!first) throw new CannotAdopt(explainNoTimes(readings, subject));
  return rest.reduce((best, one) => (countRegular(one) > countRegular(best) ? one : best), first);
}

/** Notes if the bounds do not confirm a reading that the operator gave. */
export function noteUnconfirmedReading(reading: BoundsReading, now: Instant): string[] {
  if (reading.encoding === "time" || isTold(reading, now)) return [];
  const range = findRange(reading);
  if (!range) return [];
  const isNearNow = listFinite(reading).some((part) => isNear(part, now));
  return [
    isNearNow
      ? `read as ${reading.encoding}, most partitions have no length of any calendar: if the key is no time, this program creates partitions among its numbers`
      : `read as ${reading.encoding}, all partitions are between ${formatDay(range.from)} and ${formatDay(range.to)}, far from the present: if the key is no time, this program creates partitions among its numbers`,
  ];
}

/** Counts partitions that are whole calendar intervals. */
function countRegular(reading: BoundsReading): number {
  return listFinite(reading).filter((part) => findPeriod(part, reading.zone) !== "whole").length;
}

function isTold(reading: BoundsReading, now: Instant): boolean {
  if (hasUnread(reading)) return false;
  const parts = listFinite(reading);
  const near = parts.filter((part) => isNear(part, now));
  return near.length > 0 && near.length * 2 >= parts.length && hasTimeLengths(near, reading.zone);
}

function hasTimeLengths(parts: readonly Interval[], zone: string): boolean {
  const regular = parts.filter((part) => findPeriod(part, zone) !== "whole" || isTimeLength(part, zone));
  return regular.length > 0 && regular.length * 2 >= parts.length;
}

function isNear(part: Interval, now: Instant): boolean {
  const addYears = (count: number) => now.toZonedDateTimeISO("UTC").add({ years: count }).toInstant();
  return compareInstants(addYears(-NEAR_YEARS), part.from) <= 0 && compareInstants(part.to, addYears(NEAR_YEARS)) <= 0;
}

function hasUnread({ parts }: BoundsReading): boolean {
  return parts.some((part) => !part.isDefault && part.bounds === undefined);
}

function listFinite({ parts }: BoundsReading): Interval[] {
  return parts.flatMap(({ bounds }) => (bounds?.from && bounds.to ? [{ from: bounds.from, to: bounds.to }] : []));
}

function findRange(reading: BoundsReading): Interval | undefined {
  const ends = reading.parts.flatMap(({ bounds }) => [bounds?.from, bounds?.to].flatMap((end) => end ?? []));
  const [first] = ends;
  return first && { from: ends.reduce(pickEarlier, first), to: ends.reduce(pickLater, first) };
}

function explainNoTimes(readings: readonly BoundsReading[], subject: KeySubject): string {
  const { name, column, type, now } = subject;
  const [sample] = readings[0]?.parts.filter((part) => !part.isDefault) ?? [];
  const key = `the key "${column}" (${type}) of ${name}`;
  if (!sample)
    return `${key} has no partition whose bounds show how it writes times: declare it with --key (${listEncodings(readings)})`;
  const found = `${key} is cut by bounds that are no times: "${sample.name}" is ${sample.boundsText}`;
  if (readings.every(hasUnread))
    return type === "uuid"
      ? `${found}. Bounds of UUIDv7 are the first or the last UUID of a millisecond, and these are not: no window of time can be declared over them`
      : `${found}. Columns that hold times are date, timestamp, timestamptz, integers of seconds, milliseconds or microseconds, and UUIDv7`;
  const nano = findNanosecondTime(readings, now);
  if (nano !== undefined)
    return `${found}. As nanoseconds they would begin on ${formatDay(nano)}, and no key here is read by nanoseconds: leave its partitions to the tool that creates them, or move the rows into a table whose key is a timestamptz`;
  const read = readings.filter((one) => !hasUnread(one));
  const places = read.flatMap((one) => {
    const range = findRange(one);
    return range ? [`as ${one.encoding} they are between ${formatDay(range.from)} and ${formatDay(range.to)}`] : [];
  });
  const history = read.find((one) => listFinite(one).length > 0 && hasTimeLengths(listFinite(one), one.zone));
  const way = history
    ? `If these times are right, set --key ${history.encoding}`
    : "Partitions by row numbers have no window of time: leave them to the tool that creates them";
  return `${found}; ${[...new Set(places)].join(", ")}, and by none of these most partitions are within ${NEAR_YEARS} years of now and have a length of time. ${way}`;
}

function listEncodings(readings: readonly BoundsReading[]): string {
  return [...new Set(readings.map((one) => one.encoding))].join(", ");
}

/** Returns the time of a reading by microseconds that is near the present once divided by a thousand. */
function findNanosecondTime(readings: readonly BoundsReading[], now: Instant): Instant | undefined {
  const numbers = readings[0]?.parts.flatMap((part) => parseNumbers(part.boundsText)) ?? [];
  const largest = numbers.reduce((a, b) => (b > a ? b : a), 0n);
  const at = now.epochNanoseconds;
  const years = BigInt(NEAR_YEARS) * 366n * 86_400_000_000_000n;
  if (readings.some((one) => one.encoding === "uuidv7") || largest < at - years || largest > at + years)
    return undefined;
  return now.add({ nanoseconds: Number(largest - at) }).round({ smallestUnit: "second" });
}

function parseNumbers(text: string): bigint[] {
  return [...text.matchAll(/\('?(-?\d+)'?\)/g)].map((match) => BigInt(match[1] ?? "0"));
}

function formatDay(instant: Instant): string {
  return formatInstant(instant).slice(0, 10).replace(/-$/, "");
}

/** Suggests a further time zone by which the bounds might be days: the offset of most of them from midnight in UTC. */
export function suggestOffsetZone(parts: readonly Interval[]): string | undefined {
  const counts = new Map<number, number>();
  for (const { from } of parts) {
    const { hour, minute, second, millisecond, microsecond, nanosecond } = from.toZonedDateTimeISO("UTC");
    if (second + millisecond + microsecond + nanosecond > 0 || minute % 15 > 0) continue;
    const clock = hour * 60 + minute;
    counts.set(clock, (counts.get(clock) ?? 0) + 1);
  }
  const [clock, count] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [0, 0];
  if (clock === 0 || count * 2 <= parts.length) return undefined;
  const offset = clock <= 12 * 60 ? -clock : 24 * 60 - clock;
  const minutes = Math.abs(offset);
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

/** Lists time zones whose calendar explains more of the bounds than the current one. */
export function listExplainingZones(reading: BoundsReading, zones: readonly string[]): string[] {
  const parts = listFinite(reading);
  const least = Math.max(countRegular(reading) + 1, Math.ceil(parts.length * 0.8));
  const sample = parts.slice(-SAMPLE);
  return zones.filter((zone) => {
    const last = sample.at(-1);
    if (!last || findPeriod(last, zone) === "whole") return false;
    return parts.length - least >= parts.filter((part) => findPeriod(part, zone) === "whole").length;
  });
}

/** The latest ones identify a time zone; checking all of them in every zone would take minutes. */
const SAMPLE = 400;
