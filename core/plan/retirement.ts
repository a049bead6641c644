import { MAX_CLOCK_SKEW_SECONDS } from "../defaults";
import { branchKey, type BranchRef } from "../levels/levels";
import { timeLeaves } from "../levels/tree";
import type { DetachedTable, LedgerEntry, Observation, ObservedLeaf } from "../observed";
import type { Problem } from "../problem";
import type { WindowSpec } from "../spec/spec";
import { type ReferringRows, whyItStays } from "./referring";
import { addSpan } from "../time/span";
import { compareInstants, earlier, formatInstant, type Instant } from "../time/instant";
import { formatInterval, intervalKey, type OpenInterval, sameInterval } from "../time/interval";
import { hasExpired, horizonAt } from "../window/window";

/** The two clocks. Retirement trusts the earlier one, so that neither of them alone can expire anything too soon. */
export interface Clocks {
  /** The program's, already truncated to the start of the table's current interval. */
  readonly asOf: Instant;
  /** The database's. */
  readonly database: Instant;
  /** A simulated clock that decides alone: for tests and demonstrations. */
  readonly trusted: Instant | undefined;
}

/** A partition that is due for retirement, or one that will be later. */
export interface Retirement {
  readonly verb: "finalize" | "detach" | "drop";
  readonly schema: string;
  readonly partition: string;
  readonly oid: string;
  readonly bounds: OpenInterval;
  /** The branch that it is a direct part of; undefined for a part of the table itself, and for one that has left. */
  readonly parent?: BranchRef | undefined;
  /** The same as the ledger knows it, also of one that has left. */
  readonly branch?: string;
  readonly rows: number | undefined;
  readonly bytes: number;
  readonly reason: string;
  /** Dropped only if no row is in it, which is looked at under its lock. */
  readonly onlyEmpty?: boolean;
  /** Rows of other tables refer to it, so it stays. */
  readonly referred?: true;
  /** On a detach that promises a drop. */
  readonly dropAfter: Instant | undefined;
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
 *  - what rows of other tables refer to stays, and keeps nothing else;
 *  - paused, and a program clock ahead of the database's, stop every retirement.
 */
export function planRetirement(
  spec: WindowSpec,
  registered: WindowSpec | undefined,
  observation: Observation,
  clocks: Clocks,
  referring: ReferringRows = new Map(),
): RetirementPlan {
  const pending = (observation.table?.leaves ?? []).filter((leaf) => leaf.detachPending);
  const finalize = pending.filter((leaf) => wasOurs(leaf, observation.ledger)).map((leaf) => finalizeOf(leaf));
  const foreignPending = pending.filter((leaf) => !wasOurs(leaf, observation.ledger));
  const notes = foreignPending.map(
    (leaf) =>
      `partition "${leaf.name}" is half detached by somebody else; finish it with ALTER TABLE … DETACH PARTITION … FINALIZE`,
  );
  const expired = expiredLeaves(spec, observation, clocks);
  const drops = dropsOf(spec, observation, clocks, referring);
  const stop = stopReason(spec, observation, clocks);
  const detaches = detachesOf(spec, registered, observation, clocks, expired, referring);
  if (stop !== undefined) {
    const detached = expired.map((leaf) => detachOf(leaf, spec, clocks));
    const waiting = [...finalize, ...detached, ...drops.due, ...drops.waiting];
    // A cut is refused now too: accepted while retirement stands still, it would be the rule of before afterwards.
    return {
      due: [],
      deferred: waiting,
      problems: detaches.problems,
      notes: waiting.length > 0 || stop.alarming ? [...notes, stop.reason] : notes,
      stopped: waiting.length > 0 || stop.alarming ? stop.reason : undefined,
    };
  }
  const limitedDrops = oldestFirst(drops.due, spec, observation.ledger);
  return {
    due: [...finalize, ...withSameRunDrops(detaches.due, spec), ...limitedDrops.due],
    deferred: [...detaches.deferred, ...overLimit(limitedDrops.over, spec), ...drops.waiting],
    problems: detaches.problems,
    notes: [...notes, ...detaches.notes],
  };
}

/** The horizon by the clock that decides. */
export function decidingHorizon(spec: WindowSpec, clocks: Clocks): Instant | undefined {
  return horizonAt(spec, clocks.trusted ?? earlier(clocks.asOf, clocks.database));
}

/** The moment that graces are measured by: the database's clock, or a trusted one. */
export function decidingNow(clocks: Clocks): Instant {
  return clocks.trusted ?? clocks.database;
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
  const sweep = expired.filter((leaf) => !confirmed(leaf) && awaitsConfirmation(leaf, observation));
  const open = expired.filter((leaf) => !sweep.includes(leaf));
  const horizonBefore = registered && decidingHorizon(registered, clocks);
  const cut = registered ? open.filter((leaf) => !hasExpired(leaf.bounds?.to, horizonBefore)) : [];
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

const OPEN: OpenInterval = { from: undefined, to: undefined };

/** Grace none: the drop follows its detach in the same update. */
function withSameRunDrops(detaches: readonly Retirement[], spec: WindowSpec): Retirement[] {
  if (spec.onExpire !== "drop" || spec.grace !== undefined) return [...detaches];
  return detaches.flatMap((detach) => [detach, { ...detach, verb: "drop" as const }]);
}

/** Detached by us with the promise of a drop. What was detached under onExpire "detach" stays, whatever is declared later. */
function dropsOf(
  spec: WindowSpec,
  observation: Observation,
  clocks: Clocks,
  referring: ReferringRows,
): { due: Retirement[]; waiting: Retirement[] } {
  const horizon = decidingHorizon(spec, clocks);
  const now = decidingNow(clocks);
  const due: Retirement[] = [];
  const waiting: Retirement[] = [];
  for (const table of [...observation.detached].sort((a, b) => compareEnds(a.bounds, b.bounds))) {
    if (!table.dropAfter || spec.onExpire !== "drop" || !hasExpired(table.bounds.to, horizon)) continue;
    const over = compareInstants(table.dropAfter, now) <= 0;
    if (over && whyItStays(table.oid, referring) !== undefined)
      waiting.push(stays(dropOf(table, "its grace is over"), referring));
    else if (over) due.push(dropOf(table, "its grace is over"));
    else waiting.push(dropOf(table, `its grace ends ${formatInstant(table.dropAfter)}`));
  }
  return { due, waiting };
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

/** Whether the half-finished detach of a leaf is ours to finish. */
function wasOurs(leaf: ObservedLeaf, ledger: readonly LedgerEntry[]): boolean {
  return ledger.some((entry) => entry.event === "detaching" && entry.oid === leaf.oid);
}

function detachOf(leaf: ObservedLeaf, spec: WindowSpec, clocks: Clocks): Retirement {
  const bounds = leaf.bounds ?? OPEN;
  return {
    verb: "detach",
    schema: leaf.schema,
    partition: leaf.name,
    oid: leaf.oid,
    bounds,
    parent: leaf.parent,
    branch: branchKey(leaf.parent?.path ?? []),
    rows: leaf.rows,
    bytes: leaf.bytes,
    reason: `ended ${bounds.to ? formatInstant(bounds.to) : "never"}, not after the horizon ${formatHorizon(spec, clocks)}`,
    dropAfter: spec.onExpire === "drop" ? addGrace(spec, decidingNow(clocks)) : undefined,
  };
}

function finalizeOf(leaf: ObservedLeaf): Retirement {
  return {
    verb: "finalize",
    schema: leaf.schema,
    partition: leaf.name,
    oid: leaf.oid,
    bounds: leaf.bounds ?? OPEN,
    parent: leaf.parent,
    branch: branchKey(leaf.parent?.path ?? []),
    rows: leaf.rows,
    bytes: leaf.bytes,
    reason:
      "its detach was interrupted: readers no longer see it, writers of its range are refused; FINALIZE ends that",
    dropAfter: undefined,
  };
}

function dropOf(table: DetachedTable, why: string): Retirement {
  return {
    verb: "drop",
    schema: table.schema,
    partition: table.name,
    oid: table.oid,
    bounds: table.bounds,
    branch: table.branch,
    rows: table.rows,
    bytes: table.bytes,
    reason: `detached ${formatInstant(table.detachedAt)}, ${why}`,
    dropAfter: table.dropAfter,
  };
}

function addGrace(spec: WindowSpec, from: Instant): Instant {
  return (spec.grace ? addSpan(from, spec.grace, "UTC") : from).round({ smallestUnit: "second", roundingMode: "ceil" });
}

function formatHorizon(spec: WindowSpec, clocks: Clocks): string {
  const horizon = decidingHorizon(spec, clocks);
  return horizon ? formatInstant(horizon) : "(none)";
}

function compareEnds(a: OpenInterval | undefined, b: OpenInterval | undefined): number {
  if (!a?.to || !b?.to) return 0;
  return compareInstants(a.to, b.to);
}
