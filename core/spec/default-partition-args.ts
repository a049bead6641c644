/**
 * A default partition takes the rows that no other partition takes: of a future beyond the lead, of a past before the window,
 * of infinity. Each ATTACH locks it for an instant, and DETACH CONCURRENTLY is impossible beside it.
 */
export interface DefaultPartitionArgs {
  /** Template of its name; {table} is filled in. One that is there keeps its own. @default "{table}_default" */
  readonly name?: string;
}
