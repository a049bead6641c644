import { compareInstants, type Instant, parseInstant } from "../../../core/time/instant";
import { addSpan, parseSpan } from "../../../core/time/span";

/** JSON Schema pattern of a span in a policy's configuration. */
export const SPAN_PATTERN = "^[1-9][0-9]* +(hour|day|week|month|quarter|year)s?$";

/** Date from which spans are compared, never today: the verdict on "365 days" must not change in a leap year. */
const REFERENCE = parseInstant("2001-01-01", "UTC");

/** Returns the end of one or several spans from the reference date; undefined if one of them is not a span. */
export function computeEnd(...spans: readonly string[]): Instant | undefined {
  return spans.reduce<Instant | undefined>((at, text) => {
    const span = parseSpan(text);
    return at && span ? addSpan(at, span, "UTC") : undefined;
  }, REFERENCE);
}

/** Returns true if `a` is shorter than `b`; false when either is not a span, which Check refuses. */
export function isShorter(a: Instant | undefined, b: Instant | undefined): boolean {
  return a !== undefined && b !== undefined && compareInstants(a, b) < 0;
}
