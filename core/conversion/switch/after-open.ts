import type { Observation } from "../../observed/observed-table";
import type { Instant } from "../../time/instant";
import { observeAfterCopy, observeCopiedIndexes } from "../copy/after-copy";
import type { CopySource } from "../copy/copy-source";
import { describeBoth, seeTarget } from "./open-both";

/** Returns the observation of the partitioned table once both are kept equal, for the rest of a preview. */
export function observeAfterOpen(source: CopySource, before: Observation, until: Instant): Observation {
  const after = observeAfterCopy(seeTarget(source), before, undefined);
  return after.table ? { ...after, table: { ...after.table, wayBack: describeBoth(until) } } : after;
}

export function observeOpenedIndexes(source: CopySource) {
  return observeCopiedIndexes(seeTarget(source));
}
