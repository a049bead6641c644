import type { DetachedTable } from "../../observed/ledger";
import type { Observation } from "../../observed/observed-table";
import type { WindowSpec } from "../../declare/table/spec";
import { formatInstant } from "../../time/instant";
import { hasExpired } from "../../window/window-partitions";
import { type Clocks, getDecidingHorizon, getDecidingNow } from "../../window/clocks";
import { addExtent } from "./confirmation";
import type { Candidate } from "./guard";
import { explainRestored } from "./pins";
import {
  planArchive,
  compareEnds,
  type Drop,
  planDrop,
  type Export,
  type Finalize,
  planUnrecordedFinalize,
} from "./retiring";

/**
 * Returns the next step of each table that this stack detached with the promise of a drop or an archive, oldest first: whatever
 * was promised, it is archived now if the program says so. Tables detached under onExpire "detach" stay, whatever is declared
 * later.
 */
export function listDetachedCandidates(
  spec: WindowSpec,
  observation: Observation,
  clocks: Clocks,
): Extract<Candidate, { readonly kind: "detached" }>[] {
  return listLeftBehind(spec, observation, clocks).map((table) => ({
    kind: "detached",
    table,
    step: addExtent(chooseNextStep(table, spec), spec),
  }));
}

function chooseNextStep(table: DetachedTable, spec: WindowSpec): Export | Drop {
  if (spec.onExpire === "archive" && !table.archived && !table.foreign) return planArchive(table, spec);
  return planDrop(table, table.archived ? `archived ${formatInstant(table.archived.at)}` : "its grace is over");
}

/** Lists tables detached by this stack, expired, and not recorded as detached in the ledger: that is recorded first. */
export function listUnrecorded(spec: WindowSpec, observation: Observation, clocks: Clocks): Finalize[] {
  const horizon = getDecidingHorizon(spec, clocks);
  return observation.detached
    .filter((table) => table.unrecorded && hasExpired(table.bounds.to, horizon))
    .sort((a, b) => compareEnds(a.bounds, b.bounds))
    .map((table) => planUnrecordedFinalize(table, spec, clocks));
}

/** Lists tables detached by this stack with a promise, and still expired. Oldest first. */
function listLeftBehind(spec: WindowSpec, observation: Observation, clocks: Clocks): DetachedTable[] {
  if (spec.onExpire === "detach") return [];
  const horizon = getDecidingHorizon(spec, clocks);
  const now = getDecidingNow(clocks);
  return observation.detached
    .filter((table) => (table.dropAfter ?? table.toArchive) && hasExpired(table.bounds.to, horizon))
    .filter((table) => !table.awaitsRows && explainRestored(spec, table, observation.ledger, now) === undefined)
    .sort((a, b) => compareEnds(a.bounds, b.bounds));
}
