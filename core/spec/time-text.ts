import type { Problem } from "../problem";
import { type Instant, parseInstant } from "../time/instant";

/** Reads a declared point in time, or tells what is wrong with it. Without an offset it is read in the table's zone. */
export function declaredTime(path: string, text: string, zone: string, problems: Problem[]): Instant | undefined {
  try {
    return parseInstant(text, zone);
  } catch {
    problems.push({
      path,
      code: "invalid-time",
      message: `${JSON.stringify(text)} is not a date or time.`,
      fix: 'Write ISO 8601, for example "2026-01-01" or "2026-01-01T00:00:00Z".',
    });
    return undefined;
  }
}
