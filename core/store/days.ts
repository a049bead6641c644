import { parseSpan, type SpanUnit } from "../time/span";

/** A length in days, as S3 counts; undefined when it is none, or one of hours. */
export function daysOfSpan(text: string): number | undefined {
  const span = parseSpan(text);
  return span && span.unit !== "hour" ? atMostDays(span.count, span.unit) : undefined;
}

/** A month is taken for 31 days and a year for 366, so that nothing ends a day too soon. Twelve months are a year, however written. */
function atMostDays(count: number, unit: Exclude<SpanUnit, "hour">): number {
  switch (unit) {
    case "day":
      return count;
    case "week":
      return count * 7;
    case "month":
      return Math.floor(count / 12) * 366 + (count % 12) * 31;
    case "quarter":
      return atMostDays(count * 3, "month");
    case "year":
      return count * 366;
  }
}
