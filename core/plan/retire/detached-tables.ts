import type { DetachedTable } from "../../observed/ledger";
import type { Observation } from "../../observed/observed-table";
import type { WindowSpec } from "../../declare/table/spec";
import { formatInstant } from "../../time/instant";
import { hasExpired } from "../../window/window-partitions";
import { type Clocks, decidingHorizon, decidingNow } from "../../window/clocks";
import { withExtent } from "./confirmation";
import type { Candidate } from "./guard";
import { pinOn } from "./pins";
import { archiveOf, compareEnds, type Drop, dropOf, type Export, type Finalize, leftOf } from "./retiring";

/**
 * Returns the next step of each table that this stack detached with the promise of a drop or an archive, oldest first: whatever
 * was promised, it is archived now if the program says so. Tables detached under onExpire "detach" stay, whatever is declared
 * later.
 */
export function detachedCandidates(
  spec: WindowSpec,
  observation: Observation,
  clocks: Clocks,
): Extract<Candidate, { readonly kind: "detached" }>[] {
  return leftBehind(spec, observation, clocks).map((table) => ({
    kind: "detached",
    table,
    step: withExtent(nextStep(table, spec), spec),
  }));
}

function nextStep(table: DetachedTable, spec: WindowSpec): Export | Drop {
  if (spec.onExpire === "archive" && !table.archived && !table.foreign) return archiveOf(table, spec);
  return dropOf(table, table.archived ? `archived ${formatInstant(table.archived.at)}` : "its grace is over");
}

/** Lists tables detached by this stack, expired, and not recorded as detached in the ledger: that is recorded first. */
export function leftUnrecorded(spec: WindowSpec, observation: Observation, clocks: Clocks): Finalize[] {
  const horizon = decidingHorizon(spec, clocks);
  return observation.detached
    .filter((table) => table.unrecorded && hasExpired(table.bounds.to, horizon))
    .sort((a, b) => compareEnds(a.bounds, b.bounds))
    .map((table) => leftOf(table, spec, clocks));
}

/** Lists tables detached by this stack with a promise, and still expired. Oldest first. */
function leftBehind(spec: WindowSpec, observation: Observation, clocks: Clocks): DetachedTable[] {
  if (spec.onExpire === "detach") return [];
  const horizon = decidingHorizon(spec, clocks);
  const now = decidingNow(clocks);
  return observation.detached
    .filter((table) => (table.dropAfter ?? table.toArchive) && hasExpired(table.bounds.to, horizon))
    .filter((table) => !table.half && pinOn(spec, table, observation.ledger, now) === undefined)
    .sort((a, b) => compareEnds(a.bounds, b.bounds));
}
