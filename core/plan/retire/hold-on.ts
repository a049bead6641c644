import type { HoldSpec } from "../../declare/retention/holds";
import type { WindowSpec } from "../../declare/table/spec";
import { compareInstants, formatInstant, type Instant } from "../../time/instant";
import { formatInterval, type OpenInterval, overlaps } from "../../time/interval";

/**
 * Returns the hold that keeps a partition now, if any: a partition that shares a single moment with the range is kept as a whole.
 * Measured by the clock that decides about retirement, so that a clock set ahead ends no hold.
 */
export function findHold(
  spec: Pick<WindowSpec, "holds">,
  bounds: OpenInterval | undefined,
  now: Instant,
): HoldSpec | undefined {
  if (!bounds) return undefined;
  return spec.holds.find(
    (hold) => (hold.until === undefined || compareInstants(now, hold.until) < 0) && overlaps(hold.range, bounds),
  );
}

/** Describes why a held partition stays. */
export function describeHold({ range, reason, until }: HoldSpec): string {
  const end = until === undefined ? "" : ` until ${formatInstant(until)}`;
  return `held${end}: ${reason} (${formatInterval(range)})`;
}
