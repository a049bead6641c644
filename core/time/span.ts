import type { Temporal } from "temporal-polyfill";
import type { Instant } from "./instant";
import { remember } from "./remember";

/** Units of a span. A bare number is refused, so that 12 is never taken for days instead of months. */
export const SPAN_UNITS = ["hour", "day", "week", "month", "quarter", "year"] as const;
export type SpanUnit = (typeof SPAN_UNITS)[number];

/** A length of calendar time with its unit, for example `"12 months"` or `"90 days"`. */
export type Span = `${number} ${SpanUnit}` | `${number} ${SpanUnit}s`;

/** Longest span accepted, in any unit: far beyond every retention law. */
export const MAX_SPAN_COUNT = 12_000;

/** Instruction for a text that is not a span. */
export const SPAN_HINT = `Write a whole number from 1 to ${MAX_SPAN_COUNT} and a unit (${SPAN_UNITS.map((unit) => `${unit}s`).join(", ")}), for example "12 months".`;

export interface ParsedSpan {
  readonly count: number;
  readonly unit: SpanUnit;
}

/** Parses `"12 months"`. Returns undefined if the text is not a whole positive number and a unit. */
export function parseSpan(text: string): ParsedSpan | undefined {
  const match = /^(\d{1,9}) +(hour|day|week|month|quarter|year)s?$/.exec(text.trim());
  if (!match) return undefined;
  const count = Number(match[1]);
  if (count < 1 || count > MAX_SPAN_COUNT) return undefined;
  return { count, unit: match[2] as SpanUnit };
}

/** Reads a span that was checked before. */
export function requireSpan(text: string): ParsedSpan {
  const parsed = parseSpan(text);
  if (!parsed) throw new RangeError(`"${text}" is not a span`);
  return parsed;
}

/** Writes what {@link parseSpan} reads. */
export function formatSpan(span: ParsedSpan): string {
  return `${span.count} ${span.unit}${span.count === 1 ? "" : "s"}`;
}

/** Moves an instant by whole calendar units in a zone: a month from 31 January ends on the last day of February. */
export function addSpan(instant: Instant, span: ParsedSpan, zone: string, direction: 1 | -1 = 1): Instant {
  return addUnits(instant, span.count * direction, span.unit, zone);
}

const addUnits = remember(
  (instant: Instant, count: number, unit: SpanUnit, zone: string) =>
    `${String(count)} ${unit} ${zone} ${instant.epochNanoseconds}`,
  (instant, count, unit, zone) => instant.toZonedDateTimeISO(zone).add(toDuration(count, unit)).toInstant(),
);

function toDuration(count: number, unit: SpanUnit): Temporal.DurationLike {
  switch (unit) {
    case "hour":
      return { hours: count };
    case "day":
      return { days: count };
    case "week":
      return { weeks: count };
    case "month":
      return { months: count };
    case "quarter":
      return { months: 3 * count };
    case "year":
      return { years: count };
  }
}
