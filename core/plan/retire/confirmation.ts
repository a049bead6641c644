import { decodeBranchPath } from "../../levels/levels";
import type { LedgerEntry } from "../../observed/ledger";
import type { WindowSpec } from "../../declare/table/spec";
import { formatInterval, type OpenInterval, isSameInterval } from "../../time/interval";
import { measureExtent } from "./extent";
import type { Leaving } from "./retiring";

/** True if the bounds are named in confirmDrops, now or, according to the ledger, by an earlier update. */
export function isConfirmed(
  bounds: OpenInterval | undefined,
  spec: WindowSpec,
  ledger: readonly LedgerEntry[],
): boolean {
  if (!bounds) return false;
  return (
    spec.confirmDrops.some((interval) => isSameInterval(interval, bounds)) ||
    ledger.some((entry) => entry.event === "approved" && isSameInterval(entry.bounds, bounds))
  );
}

export function describeConfirmation(bounds: OpenInterval): string {
  return `add ${JSON.stringify(formatInterval(bounds))} to confirmDrops to retire it`;
}

/** Explains why a partition never leaves as one interval among others, whichever change let it expire; undefined: it may. */
export function explainOdd({ maxDropsPerUpdate }: WindowSpec, table: Leaving): string | undefined {
  const odd = table.extent?.odd;
  if (odd !== undefined) return `it ${odd}, so it is retired only if confirmed by itself`;
  const intervals = countIntervals(table);
  if (intervals <= maxDropsPerUpdate) return undefined;
  return `it spans ${intervals} intervals of the grid, and maxDropsPerUpdate is ${maxDropsPerUpdate}`;
}

/** Returns the number of intervals of its branch's grid that a partition spans: limits and policies count them. */
export function countIntervals({ extent }: Leaving): number {
  return extent?.intervals ?? 1;
}

/** Adds to a step the extent of its partition in the grid of its branch. */
export function addExtent<Step extends { readonly table: Leaving }>(step: Step, spec: WindowSpec): Step {
  const { bounds, branch = "" } = step.table;
  return { ...step, table: { ...step.table, extent: measureExtent(spec, bounds, decodeBranchPath(branch)) } };
}
