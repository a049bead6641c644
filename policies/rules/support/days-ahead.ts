import { compareInstants, type Instant, parseInstant } from "../../../core/time/instant";
import { addSpan, parseSpan } from "../../../core/time/span";

/** True if a time is less than this number of days after another one. False where either is not known, or Check refuses it. */
export function isSooner(time: string, from: string | undefined, days: number): boolean {
  const [at, least] = [readTime(time), addDays(from, days)];
  return at !== undefined && least !== undefined && compareInstants(at, least) < 0;
}

function addDays(from: string | undefined, days: number): Instant | undefined {
  const [at, span] = [from === undefined ? undefined : readTime(from), parseSpan(`${days} days`)];
  return at && (span ? addSpan(at, span, "UTC") : at);
}

/** Reads an instant; undefined for other values, which Check refuses. */
function readTime(text: string): Instant | undefined {
  try {
    return parseInstant(text, "UTC");
  } catch {
    return undefined;
  }
}
