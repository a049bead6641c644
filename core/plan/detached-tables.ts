import type { DetachedTable } from "../ledger";
import type { Observation } from "../observed";
import type { WindowSpec } from "../spec/spec";
import { formatInstant } from "../time/instant";
import { hasExpired } from "../window/window";
import { type Clocks, decidingHorizon, decidingNow } from "./clocks";
import type { Candidate } from "./guards";
import { pinOn } from "./pins";
import { archiveOf, compareEnds, dropOf, leftOf, type Retirement } from "./retiring";

/**
 * The next step of each table that was detached by us with the promise of a drop or of an archive, oldest first: whatever was
 * promised, it is archived now where the program says so. What was detached under onExpire "detach" stays, whatever is declared later.
 */
export function awayCandidates(spec: WindowSpec, observation: Observation, clocks: Clocks): Candidate[] {
  return leftBehind(spec, observation, clocks).map((table): Candidate => {
    if (spec.onExpire === "archive" && !table.archived && !table.foreign)
      return { table, step: archiveOf(table, spec) };
    const why = table.archived ? `archived ${formatInstant(table.archived.at)}` : "its grace is over";
    return { table, step: dropOf(table, why) };
  });
}

/** Away by our hand, expired, and not in the ledger as detached: that is written down first. */
export function leftUnrecorded(spec: WindowSpec, observation: Observation, clocks: Clocks): Retirement[] {
  const horizon = decidingHorizon(spec, clocks);
  return observation.detached
    .filter((table) => table.unrecorded && hasExpired(table.bounds.to, horizon))
    .sort((a, b) => compareEnds(a.bounds, b.bounds))
    .map((table) => leftOf(table, spec, clocks));
}

/** Away by our hand with a promise, and expired still. Oldest first. */
function leftBehind(spec: WindowSpec, observation: Observation, clocks: Clocks): DetachedTable[] {
  if (spec.onExpire === "detach") return [];
  const horizon = decidingHorizon(spec, clocks);
  const now = decidingNow(clocks);
  return observation.detached
    .filter((table) => (table.dropAfter ?? table.toArchive) && hasExpired(table.bounds.to, horizon))
    .filter((table) => !table.half && pinOn(spec, table, observation.ledger, now) === undefined)
    .sort((a, b) => compareEnds(a.bounds, b.bounds));
}
