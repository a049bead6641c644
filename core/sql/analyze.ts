import { quoteQualified } from "../names/identifier";
import type { Statement } from "./statement";

/** First version that can analyze the table as a whole without analyzing each partition again. */
const ANALYZE_ONLY = 18;

/**
 * Gathers the statistics of the table as a whole from a sample of all partitions. Blocks neither readers nor writers; only other
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
