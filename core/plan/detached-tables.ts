import type { DetachedTable } from "../ledger";
import type { Observation } from "../observed";
import type { WindowSpec } from "../spec/spec";
import { compareInstants, formatInstant } from "../time/instant";
import { hasExpired } from "../window/window";
import { type BackupFact, whyNoBackup } from "./backup";
import { type Clocks, decidingHorizon, decidingNow } from "./clocks";
import { describeHold, holdOn } from "./holds";
import { pinOn } from "./pins";
import { type ReferringRows, stays, whyItStays } from "./referring";
import { archiveOf, compareEnds, dropOf, leftOf, type Retirement } from "./retiring";

/** Detached by us under a promise, an archive or a drop, and not archived yet: whatever was promised, it is archived now. */
export function archivesOf(spec: WindowSpec, observation: Observation, clocks: Clocks): Retirement[] {
  if (spec.onExpire !== "archive") return [];
  return leftBehind(spec, observation, clocks)
    .filter((table) => !table.archived && !holdOn(spec, table.bounds, decidingNow(clocks)))
    .map((table) => archiveOf(table, spec));
}

/**
 * Detached by us with the promise of a drop or of an archive. What was detached under onExpire "detach" stays, whatever is
 * declared later, and what was to be archived is dropped only with its archive.
 */
export function dropsOf(
  spec: WindowSpec,
  observation: Observation,
  clocks: Clocks,
  referring: ReferringRows,
  backup: BackupFact | undefined,
): { due: Retirement[]; waiting: Retirement[] } {
  const now = decidingNow(clocks);
  const due: Retirement[] = [];
  const waiting: Retirement[] = [];
  for (const table of leftBehind(spec, observation, clocks)) {
    const after = spec.onExpire === "archive" || table.toArchive ? table.archived?.dropAfter : table.dropAfter;
    const hold = holdOn(spec, table.bounds, now);
    const unsaved = whyNoBackup(spec, table, backup, now);
    if (hold) waiting.push({ ...dropOf(table, describeHold(hold)), held: true });
    // When it left is not known: nothing that is counted from then can be over.
    else if (table.unrecorded && (spec.grace !== undefined || spec.requireBackupSince))
      waiting.push({ ...leftOf(table, spec, clocks), verb: "drop", reason: "its detach is written down first" });
    else if (!after) {
      if (spec.onExpire === "drop")
        waiting.push(dropOf(table, 'to be archived, which onExpire "drop" does not do: it stays'));
    } else if (compareInstants(after, now) > 0) waiting.push(dropOf(table, `its grace ends ${formatInstant(after)}`));
    else if (unsaved !== undefined) waiting.push(dropOf(table, unsaved));
    else if (whyItStays(table.oid, referring) !== undefined)
      waiting.push(stays(dropOf(table, "its grace is over"), referring));
    else due.push(dropOf(table, table.archived ? `archived ${formatInstant(table.archived.at)}` : "its grace is over"));
  }
  return { due, waiting };
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
