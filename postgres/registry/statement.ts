import type { Statement } from "../../core/sql/statement";
import type { Instant } from "../../core/time/instant";
import { formatBound } from "../../core/time/key";

/** Returns a statement without a transaction label: callers set that of the change it records. */
export function buildStatement(sql: string, values: readonly (string | null)[], undo: string): Statement {
  return { sql, values, transaction: undefined, timeouts: "light", locks: [], hold: "instant", hazards: [], undo };
}

/** Formats a time for the server, which reads no signed or six-digit ISO years: those before year 1 are written with BC. */
export function formatServerTime(instant: Instant): string {
  return formatBound(instant, "timestamptz", "UTC");
}
