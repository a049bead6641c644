import { Temporal } from "temporal-polyfill";

/** A point in time, exact to PostgreSQL's microsecond. Compared as a value, never as text. */
export type Instant = Temporal.Instant;

/** Returns a negative number if `a` is before `b`, 0 if equal, a positive one if after. */
export function compareInstants(a: Instant, b: Instant): number {
  return Temporal.Instant.compare(a, b);
}

export function pickEarlier(a: Instant, b: Instant): Instant {
  return compareInstants(a, b) <= 0 ? a : b;
}

export function pickLater(a: Instant, b: Instant): Instant {
  return compareInstants(a, b) >= 0 ? a : b;
}

/**
 * Reads an ISO 8601 point in time. A date alone means its first instant in `zone`; a time without an offset is a wall
 * clock reading in `zone`. Throws RangeError on anything else.
 *
 * @example parseInstant("2026-01-01", "UTC"), parseInstant("2026-01-01T00:00:00+02:00", "UTC")
 */
export function parseInstant(text: string, zone: string): Instant {
  if (/^[+-]?\d{4,6}-\d{2}-\d{2}$/.test(text)) {
    return Temporal.PlainDate.from(text).toZonedDateTime(zone).toInstant();
  }
  if (/(Z|[+-]\d{2}(:?\d{2})?)$/i.test(text)) return Temporal.Instant.from(text.replace(" ", "T"));
  return Temporal.PlainDateTime.from(text.replace(" ", "T")).toZonedDateTime(zone).toInstant();
}

/** Formats the canonical text of an instant on the wire and in state: ISO 8601 in UTC, for example `2026-01-01T00:00:00Z`. */
export function formatInstant(instant: Instant): string {
  return instant.toString();
}

/** Returns whole days from `from` to `to`, rounded down. */
export function countWholeDays(from: Instant, to: Instant): number {
  return Math.floor(from.until(to).total("days"));
}
