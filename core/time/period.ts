import { Temporal } from "temporal-polyfill";
import { compareInstants, type Instant } from "./instant";
import { remember } from "./remember";

/** Lengths that a partition may have. Weeks are ISO weeks (Monday first), quarters begin in January. */
export const PERIODS = ["hour", "day", "week", "month", "quarter", "year"] as const;
export type Period = (typeof PERIODS)[number];

/** Returns the first instant of the period that contains `instant`, by the calendar of `zone`. */
export function findPeriodStart(instant: Instant, period: Period, zone: string): Instant {
  return getPeriodEnds(instant, period, zone).from;
}

/**
 * Returns the first instant after the period that contains `instant`. Computed from the calendar date and not by adding hours, so
 * that neighbouring periods meet exactly on days with 23 or 25 hours.
 */
export function findPeriodEnd(instant: Instant, period: Period, zone: string): Instant {
  return getPeriodEnds(instant, period, zone).to;
}

interface Ends {
  readonly from: Instant;
  readonly to: Instant;
}

const getPeriodEnds = remember(
  (instant: Instant, period: Period, zone: string) => `${period} ${zone} ${instant.epochNanoseconds}`,
  computeEnds,
);

function computeEnds(instant: Instant, period: Period, zone: string): Ends {
  const zoned = instant.toZonedDateTimeISO(zone);
  if (period === "hour") {
    const hour = zoned.round({ smallestUnit: "hour", roundingMode: "floor" });
    return { from: hour.toInstant(), to: hour.add({ hours: 1 }).toInstant() };
  }
  const first = findFirstDay(findDay(zoned), period);
  const findStart = (day: Temporal.PlainDate): Instant => day.toZonedDateTime(zone).toInstant();
  return { from: findStart(first), to: findStart(findNextFirstDay(first, period)) };
}

/**
 * Returns the day of a moment, with days from first midnight to first midnight. If a clock is set back across midnight
 * (America/St_Johns: 00:01 to 23:01), the calendar repeats an hour of the previous day; that hour belongs to the new day.
 */
function findDay(zoned: Temporal.ZonedDateTime): Temporal.PlainDate {
  const date = zoned.toPlainDate();
  if (zoned.hour < 12) return date;
  const next = date.add({ days: 1 });
  return Temporal.ZonedDateTime.compare(next.toZonedDateTime(zoned.timeZoneId), zoned) <= 0 ? next : date;
}

/**
 * True if the clock of a zone never jumps, as hours require: with daylight saving one wall-clock hour occurs twice a year and one
 * never, so names would clash or leave a gap.
 */
export function hasRegularHours(zone: string): boolean {
  if (zone === "UTC" || /^[+-]\d{2}:\d{2}$/.test(zone)) return true;
  const probe = Temporal.Instant.from("2000-01-01T00:00:00Z").toZonedDateTimeISO(zone);
  return probe.getTimeZoneTransition("next") === null;
}

/** Returns the period that an interval matches by the calendar of a zone; `whole` if none. */
export function findPeriod(interval: { readonly from: Instant; readonly to: Instant }, zone: string): Period | "whole" {
  const fits = (period: Period): boolean =>
    (period !== "hour" || hasRegularHours(zone)) &&
    compareInstants(findPeriodStart(interval.from, period, zone), interval.from) === 0 &&
    compareInstants(findPeriodEnd(interval.from, period, zone), interval.to) === 0;
  return PERIODS.find(fits) ?? "whole";
}

/** True if `zone` is a time zone that the calendar library knows (IANA name, `UTC`, or a fixed offset such as `+02:00`). */
export function isZone(zone: string): boolean {
  if (!/^([A-Za-z][\w+\-/]*|[+-]\d{2}:\d{2})$/.test(zone)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch {
    return false;
  }
}

function findFirstDay(date: Temporal.PlainDate, period: Exclude<Period, "hour">): Temporal.PlainDate {
  switch (period) {
    case "day":
      return date;
    case "week":
      return date.subtract({ days: date.dayOfWeek - 1 });
    case "month":
      return date.with({ day: 1 });
    case "quarter":
      return date.with({ month: 3 * Math.floor((date.month - 1) / 3) + 1, day: 1 });
    case "year":
      return date.with({ month: 1, day: 1 });
  }
}

function findNextFirstDay(first: Temporal.PlainDate, period: Exclude<Period, "hour">): Temporal.PlainDate {
  switch (period) {
    case "day":
      return first.add({ days: 1 });
    case "week":
      return first.add({ weeks: 1 });
    case "month":
      return first.add({ months: 1 });
    case "quarter":
      return first.add({ months: 3 });
    case "year":
      return first.add({ years: 1 });
  }
}
