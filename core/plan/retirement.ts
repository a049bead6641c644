import { timeLeaves } from "../levels/tree";
import { hasExpired } from "../window/window";
import { MAX_CLOCK_SKEW_SECONDS } from "../defaults";
import type { DetachedTable, LedgerEntry, Observation, ObservedLeaf } from "../observed";
import type { Problem } from "../problem";
import { describeRetireHours, inRetireHours } from "../spec/retire-hours";
import type { WindowSpec } from "../spec/spec";
import { compareInstants, formatInstant } from "../time/instant";
import { type OpenInterval, formatInterval, intervalKey, sameInterval } from "../time/interval";
import { type Clocks, decidingHorizon, decidingNow } from "./clocks";
import { describeHold, holdOn } from "./holds";
import { type ReferringRows, whyItStays } from "./referring";
import { archiveOf, compareEnds, detachOf, dropOf, finalizeOf, OPEN, type Retirement } from "./retiring";

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
 *  - what a hold keeps stays as it is;
 *  - what rows of other tables refer to stays, and keeps nothing else;
 *  - paused, hours outside of allowRetireBetween, and a program clock ahead of the database's, stop every retirement.
 */
export function planRetirement(
  spec: WindowSpec,
  registered: WindowSpec | undefined,
  observation: Observation,
  clocks: Clocks,
  referring: ReferringRows = new Map(),
): RetirementPlan {
  // Whoever began it: half detached, a partition is of no use to anybody, and no other one can leave CONCURRENTLY.
  const finalize = (observation.table?.leaves ?? [])
    .filter((leaf) => leaf.detachPending)
    .map((leaf) => finalizeOf(leaf, wasOurs(leaf, observation.ledger)));
  const expired = expiredLeaves(spec, observation, clocks);
  const drops = dropsOf(spec, observation, clocks, referring);
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
  return {
    due: [...finalize, ...going.filter((item) => !over.has(item))],
    deferred: [...detaches.deferred, ...overLimit(limitedDrops.over, spec), ...drops.waiting],
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
  return [...leaves, ...dropsOf(spec, observation, clocks, new Map()).due].map(({ oid }) => oid);
}

/** What leaves the table only when nothing refers to it any more. */
function stays(retirement: Retirement, referring: ReferringRows): Retirement {
  return {
    ...retirement,
    reason: `${retirement.reason}; ${whyItStays(retirement.oid, referring) ?? ""}`,
    referred: true,
  };
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
  const held = expired.filter((leaf) => holdOn(spec, leaf.bounds, now));
  const sweep = expired.filter(
    (leaf) => !held.includes(leaf) && !confirmed(leaf) && awaitsConfirmation(leaf, observation),
  );
  const open = expired.filter((leaf) => !held.includes(leaf) && !sweep.includes(leaf));
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
    const archive = first.verb === "detach" && first.toArchive ? [{ ...first, verb: "archive" as const }] : [];
    const drops = spec.onExpire !== "detach" && spec.grace === undefined;
    return [first, ...archive, ...(drops ? [{ ...first, verb: "drop" as const }] : [])];
  });
}

/** Detached by us under a promise, an archive or a drop, and not archived yet: whatever was promised, it is archived now. */
function archivesOf(spec: WindowSpec, observation: Observation, clocks: Clocks): Retirement[] {
  if (spec.onExpire !== "archive") return [];
  return leftBehind(spec, observation, clocks)
    .filter((table) => !table.archived && !holdOn(spec, table.bounds, decidingNow(clocks)))
    .map(archiveOf);
}

/**
 * Detached by us with the promise of a drop or of an archive. What was detached under onExpire "detach" stays, whatever is
 * declared later, and what was to be archived is dropped only with its archive.
 */
function dropsOf(
  spec: WindowSpec,
  observation: Observation,
  clocks: Clocks,
  referring: ReferringRows,
): { due: Retirement[]; waiting: Retirement[] } {
  const now = decidingNow(clocks);
  const due: Retirement[] = [];
  const waiting: Retirement[] = [];
  for (const table of leftBehind(spec, observation, clocks)) {
    const after = spec.onExpire === "archive" || table.toArchive ? table.archived?.dropAfter : table.dropAfter;
    const hold = holdOn(spec, table.bounds, now);
    if (hold) waiting.push({ ...dropOf(table, describeHold(hold)), held: true });
    else if (!after) {
      if (spec.onExpire === "drop")
        waiting.push(dropOf(table, 'to be archived, which onExpire "drop" does not do: it stays'));
    } else if (compareInstants(after, now) > 0) waiting.push(dropOf(table, `its grace ends ${formatInstant(after)}`));
    else if (whyItStays(table.oid, referring) !== undefined)
      waiting.push(stays(dropOf(table, "its grace is over"), referring));
    else due.push(dropOf(table, table.archived ? `archived ${formatInstant(table.archived.at)}` : "its grace is over"));
  }
  return { due, waiting };
}

/** Away by our hand with a promise, and expired still. Oldest first. */
function leftBehind(spec: WindowSpec, observation: Observation, clocks: Clocks): DetachedTable[] {
  if (spec.onExpire === "detach") return [];
  const horizon = decidingHorizon(spec, clocks);
  return observation.detached
    .filter((table) => (table.dropAfter ?? table.toArchive) && hasExpired(table.bounds.to, horizon))
    .sort((a, b) => compareEnds(a.bounds, b.bounds));
}

/** `alarming`: worth a word even when nothing waits for it now. */
function stopReason(
  spec: WindowSpec,
  observation: Observation,
  clocks: Clocks,
): { readonly reason: string; readonly alarming: boolean } | undefined {
  if (spec.paused || observation.registration?.paused) {
    const by = spec.paused ? "paused: true in the program" : "pgpartition pause";
    return { reason: `retirement is paused (${by}); partitions are still created`, alarming: false };
  }
  if (clocks.trusted === undefined) {
    const ahead = clocks.database.until(clocks.asOf).total("seconds");
    if (ahead > MAX_CLOCK_SKEW_SECONDS) {
      const reason = `nothing is retired: the program's clock says ${formatInstant(clocks.asOf)}, the database's ${formatInstant(clocks.database)}; set the clock right, or set pgpartition:asOf`;
      return { reason, alarming: true };
    }
  }
  const hours = spec.allowRetireBetween;
  if (hours && !inRetireHours(hours, decidingNow(clocks)))
    return {
      reason: `partitions leave only from ${describeRetireHours(hours)} (allowRetireBetween); partitions are still created`,
      alarming: false,
    };
  return undefined;
}

function overLimit(retirements: readonly Retirement[], spec: WindowSpec): Retirement[] {
  const why = `waits for the next update, because one retires at most ${spec.maxDropsPerUpdate} intervals (maxDropsPerUpdate)`;
  return retirements.map((retirement) => ({ ...retirement, reason: `${retirement.reason}; ${why}` }));
}

/** Confirmed ones all, of the others as many as one update may retire. */
function oldestFirst(
  retirements: readonly Retirement[],
  spec: WindowSpec,
  ledger: readonly LedgerEntry[],
): { due: Retirement[]; over: Retirement[] } {
  // Intervals of the table, not leaves: with levels an interval has one in each branch.
  const allowed = new Set<string>();
  const due: Retirement[] = [];
  const over: Retirement[] = [];
  for (const retirement of retirements) {
    const interval = intervalKey(retirement.bounds);
    if (isConfirmed(retirement.bounds, spec, ledger)) due.push(retirement);
    else if (allowed.has(interval) || allowed.size < spec.maxDropsPerUpdate) {
      allowed.add(interval);
      due.push(retirement);
    } else over.push(retirement);
  }
  return { due, over };
}

function cutProblem(spec: WindowSpec, cut: readonly ObservedLeaf[]): Problem {
  const bounds = intervalsOf(cut).map((interval) => JSON.stringify(interval));
  const rows = cut.reduce((sum, leaf) => sum + (leaf.rows ?? 0), 0);
  return {
    path: "retention",
    code: "declared-cut",
    message:
      `the declared window of "${spec.schema}.${spec.table}" became smaller and would retire ${bounds.length} intervals at once ` +
      `(about ${rows} rows: ${cut[0]?.name ?? ""} to ${cut.at(-1)?.name ?? ""}); maxDropsPerUpdate is ${spec.maxDropsPerUpdate}.`,
    fix: `If that is meant, confirm these bounds: confirmDrops: [${bounds.join(", ")}]. Otherwise restore the retention.`,
  };
}

/** Each interval once: with levels every branch has a leaf of it. */
function intervalsOf(leaves: readonly ObservedLeaf[]): string[] {
  return [...new Set(leaves.map((leaf) => formatInterval(leaf.bounds ?? OPEN)))];
}

/** Only those that had expired on the day of adoption wait; the others are under the declared rule from then on. */
function awaitsConfirmation(leaf: ObservedLeaf, observation: Observation): boolean {
  const history = observation.ledger.filter((entry) => entry.oid === leaf.oid);
  if (history.length === 0) return true;
  return history.some((entry) => entry.event === "adopted" && entry.detail.expiredAtAdoption === true);
}

function isConfirmed(bounds: OpenInterval | undefined, spec: WindowSpec, ledger: readonly LedgerEntry[]): boolean {
  if (!bounds) return false;
  return (
    spec.confirmDrops.some((interval) => sameInterval(interval, bounds)) ||
    ledger.some((entry) => entry.event === "approved" && sameInterval(entry.bounds, bounds))
  );
}

/** Whether we began the half-finished detach of a leaf. */
function wasOurs(leaf: ObservedLeaf, ledger: readonly LedgerEntry[]): boolean {
  return ledger.some((entry) => entry.event === "detaching" && entry.oid === leaf.oid);
}
