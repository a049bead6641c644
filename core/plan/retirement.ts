import { timeLeaves } from "../levels/tree";
import { hasExpired } from "../window/window";
import type { LedgerEntry } from "../ledger";
import type { Observation, ObservedLeaf } from "../observed";
import type { Problem } from "../problem";
import type { WindowSpec } from "../spec/spec";
import { formatInterval } from "../time/interval";
import type { BackupFact } from "./backup";
import type { ByteLimit } from "./byte-limit";
import { type Clocks, decidingHorizon, decidingNow } from "./clocks";
import { archivesOf, dropsOf, leftUnrecorded } from "./detached-tables";
import { describeHold, holdOn } from "./holds";
import { pinOn, whyNotDropped } from "./pins";
import { type ReferringRows, stays, whyItStays } from "./referring";
import { cutProblem, intervalsOf, isConfirmed, oldestFirst, overLimit, within } from "./retirement-limits";
import { archiving, compareEnds, detachOf, finalizeOf, OPEN, type Retirement } from "./retiring";
import { stopReason } from "./stop-reason";

/** What is known of the world around a table. */
export interface RetirementFacts {
  /** Rows of other tables that refer to what could leave. */
  readonly referring?: ReferringRows | undefined;
  /** Asked for only where a backup is required. */
  readonly backup?: BackupFact | undefined;
  /** Undefined: no limit, or an update that performs what was limited before. */
  readonly byteLimit?: ByteLimit | undefined;
}

export interface RetirementPlan {
  readonly due: readonly Retirement[];
  readonly deferred: readonly Retirement[];
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
  /** Why nothing is retired although something would be, or might be. */
  readonly stopped?: string | undefined;
}

/**
 * Decides what leaves the table now. One rule for every way that leads here: a roll, a cut, a lost state, partitions as
 * resources or not. Reads facts only; the guards are:
 *  - a declared cut that would retire more than maxDropsPerUpdate intervals needs confirmDrops;
 *  - expiry by the clock alone retires the oldest maxDropsPerUpdate and goes on in the next update;
 *  - what had expired when the table was adopted is never swept until confirmed;
 *  - what a hold keeps stays as it is, and what was restored, as long as that is declared;
 *  - what rows of other tables refer to stays, and keeps nothing else;
 *  - without the backup that is required nothing is dropped;
 *  - beyond maxBytesPerUpdate of all tables together nothing is archived or dropped, nor detached for it;
 *  - paused, hours outside of allowRetireBetween, and a program clock ahead of the database's, stop every retirement.
 */
export function planRetirement(
  spec: WindowSpec,
  registered: WindowSpec | undefined,
  observation: Observation,
  clocks: Clocks,
  { referring = new Map(), backup, byteLimit }: RetirementFacts = {},
): RetirementPlan {
  // Whoever began it: half detached, a partition is of no use to anybody, and no other one can leave CONCURRENTLY.
  const finalize = (observation.table?.leaves ?? [])
    .filter((leaf) => leaf.detachPending)
    .map((leaf) => finalizeOf(leaf, wasOurs(leaf, observation.ledger), spec, clocks))
    .concat(leftUnrecorded(spec, observation, clocks));
  const expired = expiredLeaves(spec, observation, clocks);
  const drops = dropsOf(spec, observation, clocks, referring, backup);
  const stop = stopReason(spec, observation, clocks);
  const detaches = detachesOf(spec, registered, observation, clocks, expired, referring);
  if (stop !== undefined) {
    const detached = expired.map((leaf) => detachOf(leaf, spec, clocks));
    const waiting = [
      ...finalize,
      ...detached,
      ...archivesOf(spec, observation, clocks),
      ...drops.due,
      ...drops.waiting,
    ];
    // A cut is refused now too: accepted while retirement stands still, it would be the rule of before afterwards.
    return {
      due: [],
      deferred: waiting,
      problems: detaches.problems,
      notes: waiting.length > 0 || stop.alarming ? [stop.reason] : [],
      stopped: waiting.length > 0 || stop.alarming ? stop.reason : undefined,
    };
  }
  const going = [
    ...followed(detaches.due, spec),
    ...drops.due,
    ...followed(archivesOf(spec, observation, clocks), spec),
  ];
  // Whatever leads to a drop, one update drops no more intervals than that.
  const limitedDrops = oldestFirst(
    going.filter(({ verb }) => verb === "drop").sort((a, b) => compareEnds(a.bounds, b.bounds)),
    spec,
    observation.ledger,
  );
  const over = new Set(limitedDrops.over);
  const allowed = within(
    byteLimit,
    spec,
    observation.ledger,
    going.filter((item) => !over.has(item)),
  );
  return {
    due: [...finalize, ...allowed.due],
    deferred: [...detaches.deferred, ...overLimit(limitedDrops.over, spec), ...allowed.over, ...drops.waiting],
    problems: detaches.problems,
    notes: detaches.notes,
  };
}

/** Oids of what could leave now: what refers to these has to be known. */
export function couldLeave(spec: WindowSpec, observation: Observation, clocks: Clocks): string[] {
  const { table, ledger } = observation;
  const all = { ...observation, table: table && { ...table, leaves: timeLeaves(spec, table) } };
  const leaves = expiredLeaves(spec, all, clocks).filter(
    (leaf) => isConfirmed(leaf.bounds, spec, ledger) || !awaitsConfirmation(leaf, observation),
  );
  const unguarded = { ...spec, requireBackupSince: undefined };
  return [...leaves, ...dropsOf(unguarded, observation, clocks, new Map(), undefined).due].map(({ oid }) => oid);
}

/** Attached partitions that have expired, oldest first. The default partition never does. */
function expiredLeaves(spec: WindowSpec, observation: Observation, clocks: Clocks): ObservedLeaf[] {
  const horizon = decidingHorizon(spec, clocks);
  return (observation.table?.leaves ?? [])
    .filter((leaf) => !leaf.detachPending && leaf.bounds !== undefined && hasExpired(leaf.bounds.to, horizon))
    .sort((a, b) => compareEnds(a.bounds, b.bounds));
}

function detachesOf(
  spec: WindowSpec,
  registered: WindowSpec | undefined,
  observation: Observation,
  clocks: Clocks,
  expired: readonly ObservedLeaf[],
  referring: ReferringRows,
): RetirementPlan {
  const confirmed = (leaf: ObservedLeaf) => isConfirmed(leaf.bounds, spec, observation.ledger);
  const now = decidingNow(clocks);
  const pin = (leaf: ObservedLeaf) =>
    pinOn(spec, leaf, observation.ledger, now) ?? whyNotDropped(spec, leaf, observation.ledger);
  const held = expired.filter((leaf) => holdOn(spec, leaf.bounds, now));
  const pinned = expired.filter((leaf) => !held.includes(leaf) && pin(leaf) !== undefined);
  const sweep = expired.filter(
    (leaf) =>
      !held.includes(leaf) && !pinned.includes(leaf) && !confirmed(leaf) && awaitsConfirmation(leaf, observation),
  );
  const open = expired.filter((leaf) => ![held, pinned, sweep].some((kept) => kept.includes(leaf)));
  const horizonBefore = registered && decidingHorizon(registered, clocks);
  // A hold that is gone from the program is a cut; one that has come to its end is the clock's.
  const cut = registered
    ? open.filter((leaf) => !hasExpired(leaf.bounds?.to, horizonBefore) || holdOn(registered, leaf.bounds, now))
    : [];
  const refused = intervalsOf(cut).length > spec.maxDropsPerUpdate && !cut.every(confirmed);
  const problems = refused ? [cutProblem(spec, cut)] : [];
  const staying = open.filter((leaf) => whyItStays(leaf.oid, referring) !== undefined);
  const limited = oldestFirst(
    open.filter((leaf) => !staying.includes(leaf)).map((leaf) => detachOf(leaf, spec, clocks)),
    spec,
    observation.ledger,
  );
  return {
    due: problems.length > 0 ? [] : limited.due,
    deferred: [
      ...overLimit(limited.over, spec),
      ...held.map((leaf): Retirement => {
        const hold = holdOn(spec, leaf.bounds, now);
        return { ...detachOf(leaf, spec, clocks), reason: hold ? describeHold(hold) : "held", held: true };
      }),
      ...pinned.map((leaf) => ({ ...detachOf(leaf, spec, clocks), reason: pin(leaf) ?? "restored" })),
      ...staying.map((leaf) => stays(detachOf(leaf, spec, clocks), referring)),
      ...sweep.map((leaf) => ({
        ...detachOf(leaf, spec, clocks),
        reason: `had expired before this table was adopted; add ${JSON.stringify(formatInterval(leaf.bounds ?? OPEN))} to confirmDrops to retire it`,
      })),
    ],
    problems,
    notes:
      limited.over.length > 0
        ? [
            `${limited.over.length} more expired partitions follow in later updates; each retires at most ${spec.maxDropsPerUpdate} intervals`,
          ]
        : [],
  };
}

/**
 * What follows in the same update: without a grace the drop follows the detach, and an archive follows it always, with the drop
 * after that. The update comes to each only when the one before has succeeded.
 */
function followed(retirements: readonly Retirement[], spec: WindowSpec): Retirement[] {
  return retirements.flatMap((first) => {
    const archive = first.verb === "detach" && first.toArchive ? [archiving(first)] : [];
    // A backup that holds its last rows can only begin once it is detached.
    const drops = spec.onExpire !== "detach" && spec.grace === undefined && !spec.requireBackupSince;
    return [first, ...archive, ...(drops ? [{ ...first, verb: "drop" as const }] : [])];
  });
}

/** Only those that had expired on the day of adoption wait; the others are under the declared rule from then on. */
function awaitsConfirmation(leaf: ObservedLeaf, observation: Observation): boolean {
  const history = observation.ledger.filter((entry) => entry.oid === leaf.oid);
  if (history.length === 0) return true;
  return history.some((entry) => entry.event === "adopted" && entry.detail.expiredAtAdoption === true);
}

/** Whether we began the half-finished detach of a leaf. */
function wasOurs(leaf: ObservedLeaf, ledger: readonly LedgerEntry[]): boolean {
  return ledger.some((entry) => entry.event === "detaching" && entry.oid === leaf.oid);
}
