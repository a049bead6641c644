import type { Pair } from "../between/pair";

/** Two tables that are kept equal while both are written to: each is the source of the other. */
export interface BothWays {
  /** From the plain table to the partitioned one. */
  readonly pair: Pair;
  /**
   * Columns that identify a row of the plain table alone, of the pair's key: its primary key. Two rows of the partitioned table that
   * are equal in them are one row there.
   */
  readonly identity: readonly string[];
}

/** Returns the pair of the other direction: it shares the table of pending keys. */
export function turnSides(pair: Pair): Pair {
  return { ...pair, source: pair.target, target: pair.source, partitioned: true, fromTarget: true };
}
