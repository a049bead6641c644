import { compareInstants, type Instant, parseInstant } from "../../../core/time/instant";
import { addSpan, parseSpan } from "../../../core/time/span";

/** JSON Schema pattern of a span in a policy's configuration. */
export const SPAN_PATTERN = "^[1-9][0-9]* +(hour|day|week|month|quarter|year)s?$";

/** Spans are compared from this day on, and never from today: the verdict on "365 days" must not change in a leap year. */
const REFERENCE = parseInstant("2001-01-01", "UTC");

/** Where one or several spans lead from the reference date. Undefined when one of them is not a span. */
export function endOf(...spans: readonly string[]): Instant | undefined {
  return spans.reduce<Instant | undefined>((at, text) => {
    const span = parseSpan(text);
    return at && span ? addSpan(at, span, "UTC") : undefined;
  }, REFERENCE);
}

/** Whether `a` is shorter than `b`; false when either is not a span, which Check refuses. */
export function isShorter(a: Instant | undefined, b: Instant | undefined): boolean {
  return a !== undefined && b !== undefined && compareInstants(a, b) < 0;
}
