import { parseSpan, type SpanUnit } from "../time/span";

/** Returns a length in days, as S3 counts; undefined if it is invalid, or in hours. */
export function parseSpanDays(text: string): number | undefined {
  const span = parseSpan(text);
  return span && span.unit !== "hour" ? countDaysAtMost(span.count, span.unit) : undefined;
}

/**
 * Counts 31 days for a month and 366 for a year, so that nothing ends a day too soon. Twelve months are a year, however written.
 */
function countDaysAtMost(count: number, unit: Exclude<SpanUnit, "hour">): number {
  switch (unit) {
    case "day":
      return count;
    case "week":
      return count * 7;
    case "month":
      return Math.floor(count / 12) * 366 + (count % 12) * 31;
    case "quarter":
      return countDaysAtMost(count * 3, "month");
    case "year":
      return count * 366;
  }
}
