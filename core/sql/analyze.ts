import { quoteQualified } from "../names/identifier";
import type { Statement } from "./statement";

/** From this version on the table as a whole can be analyzed without each partition once more. */
const ANALYZE_ONLY = 18;

/**
 * Makes the statistics of the table as a whole from a sample of all partitions. Stops neither readers nor writers; only other
 * changes of the table and vacuums wait for it.
 */
export function analyzeStatement(
  table: { readonly schema: string; readonly table: string },
  serverVersion: number | undefined,
): Statement {
  const only = (serverVersion ?? 0) >= ANALYZE_ONLY ? "ONLY " : "";
  return {
    sql: `ANALYZE ${only}${quoteQualified(table.schema, table.table)}`,
    transaction: undefined,
    timeouts: "waiting",
    locks: [{ relation: `${table.schema}.${table.table}`, role: "parent", mode: "SHARE UPDATE EXCLUSIVE" }],
    hold: "grows with rows",
    hazards: [],
    undo: "not needed",
  };
}
