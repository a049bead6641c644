import type { WindowSpec } from "../declare/table/spec";
import { type Instant, pickEarlier } from "../time/instant";
import { computeHorizon } from "./window-partitions";

/**
 * Clocks of the program and the database. Retirement trusts the earlier one, so that neither alone can expire anything too soon.
 */
export interface Clocks {
  /** The program's clock, already truncated to the start of the table's current interval. */
  readonly asOf: Instant;
  /** The database's clock. */
  readonly database: Instant;
  /** A simulated clock that decides alone: for tests and demonstrations. */
  readonly trusted: Instant | undefined;
}

/** Returns the horizon by the clock that decides. */
export function getDecidingHorizon(spec: WindowSpec, clocks: Clocks): Instant | undefined {
  return computeHorizon(spec, clocks.trusted ?? pickEarlier(clocks.asOf, clocks.database));
}

/** Returns the time that ends graces: the database's clock, or a trusted one. */
export function getDecidingNow(clocks: Clocks): Instant {
  return clocks.trusted ?? clocks.database;
}
