import { compareInstants, formatInstant, type Instant, parseInstant } from "./instant";
import type { Interval } from "./interval";

/** Accepted forms of a range, for messages. */
export const RANGE_HINT =
  'Write "2024", "2024-03", "2024-03-01", or both ends as preview prints them: "2024-03-01T00:00:00Z/2024-04-01T00:00:00Z".';

/**
 * Returns the time that a word means: `2024`, `2024-03` and `2024-03-01` the whole year, month or day in the zone, anything
 * longer a single moment (a microsecond, PostgreSQL's resolution). Throws RangeError if it is not a time.
 */
export function parseRangeWord(text: string, zone: string): Interval {
  const [, year, month, day] = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text) ?? [];
  if (year === undefined) {
    const from = parseInstant(text, zone);
    return { from, to: from.add({ nanoseconds: 1000 }) };
  }
  const start = `${year}-${month ?? "01"}-${day ?? "01"}`;
  return { from: parseInstant(start, zone), to: parseInstant(findNextStart(start, { month, day }), zone) };
}

/** Reads a range from one word, or from `from/to`, whose ends are read in the zone. Throws RangeError if it is invalid. */
export function parseRange(text: string, zone: string): Interval {
  const [first = "", last, ...rest] = text.split("/");
  if (last === undefined) return parseRangeWord(first, zone);
  if (rest.length > 0) throw new RangeError(`"${text}" is not "from/to"`);
  const range = { from: parseRangeWord(first, zone).from, to: parseRangeWord(last, zone).from };
  if (compareInstants(range.from, range.to) >= 0)
    throw new RangeError(`"${text}" ends ${formatInstant(range.to)}, which is not after its begin`);
  return range;
}

/** Returns the first day after a year, a month or a day, by the calendar. */
function findNextStart(
  start: string,
  cut: { readonly month: string | undefined; readonly day: string | undefined },
): string {
  const zoned = parseInstant(start, "UTC").toZonedDateTimeISO("UTC");
  return formatDate(zoned.add(cut.day ? { days: 1 } : cut.month ? { months: 1 } : { years: 1 }).toInstant());
}

function formatDate(instant: Instant): string {
  return instant.toZonedDateTimeISO("UTC").toPlainDate().toString();
}
