import { listTimePartitions } from "../../partition/branch/desired-branches";
import { hasExpired } from "../../window/window-partitions";
import type { LedgerEntry } from "../../observed/ledger";
import type { Observation, ObservedPartition } from "../../observed/observed-table";
import type { Problem } from "../../problems/problem";
import type { WindowSpec } from "../../declare/table/spec";
import type { BackupFact } from "./backup-guard";
import type { ByteLimit } from "./byte-limit";
import { type Clocks, getDecidingHorizon, getDecidingNow } from "../../window/clocks";
import { addExtent } from "./confirmation";
import { findCutProblems } from "./cut";
import type { Dependents } from "./dependents";
import { listDetachedCandidates, listUnrecorded } from "./detached-tables";
import type { Candidate, GuardFacts, Judged, Keep, Kept } from "./guard";
import { GUARDS, judge } from "./guards";
import type { ReferringRows } from "./referring";
import {
  planFollowingArchive,
  compareEnds,
  type Detach,
  planDetach,
  planFollowingDrop,
  planFinalize,
  type Retirement,
} from "./retiring";
import { findStop } from "./stops";

/** Facts about the database around a table. */
export interface RetirementFacts {
  /** Rows of other tables that refer to partitions that could leave. */
  readonly referring?: ReferringRows | undefined;
  /** Objects that depend on partitions that could leave, so that PostgreSQL would not drop them. */
  readonly dependents?: Dependents | undefined;
  /** Read only if a backup is required. */
  readonly backup?: BackupFact | undefined;
  /** Undefined: no limit, or an update that performs what was limited before. */
  readonly byteLimit?: ByteLimit | undefined;
  /** Reason why one of these could not be read. Nothing is retired then; partitions are created anyway. */
  readonly unread?: string | undefined;
}

export interface RetirementPlan {
  /** In the order in which an update runs them. */
  readonly due: readonly Retirement[];
  readonly deferred: readonly Kept[];
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
  /** Reason why nothing is retired although something would be, or might be. */
  readonly stopped?: string | undefined;
}

/**
 * Decides what leaves the table now. One rule for every cause: a roll, a cut, a lost state, partitions as resources or not. Reads
 * facts only. What is due by the clock is judged by the guards of `guards.ts`, in their order.
 *
 * @param cleanup empty partitions of values that have ended: under every guard, and no part of a limit
 */
export function planRetirement(
  spec: WindowSpec,
  registered: WindowSpec | undefined,
  observation: Observation,
  clocks: Clocks,
  facts: RetirementFacts = {},
  cleanup: readonly Detach[] = [],
): RetirementPlan {
  const known = collectGuardFacts(spec, registered, observation, clocks, facts);
  const judged = judge(listCandidates(spec, observation, clocks, cleanup), known);
  const stop = findStop(known);
  const stopped = stop && (stop.alarming || judged.some(isStopped)) ? stop.reason : undefined;
  return {
    due: judged.flatMap(({ candidate, keep }) => (keep ? [] : [candidate.step])),
    deferred: sortDeferred(judged),
    // A cut is refused while retirement is stopped too: once accepted, it would be the previous rule afterwards.
    problems: findCutProblems(known, judged),
    notes: stop ? (stopped === undefined ? [] : [stopped]) : noteLater(spec, judged),
    stopped,
  };
}

/** Lists the oids of partitions that could leave now: their referring rows and dependents have to be read. */
export function listLeavable(
  spec: WindowSpec,
  observation: Observation,
  clocks: Clocks,
  cleanup: readonly Detach[] = [],
): string[] {
  const { table } = observation;
  const all = { ...observation, table: table && { ...table, partitions: listTimePartitions(spec, table) } };
  const known = collectGuardFacts({ ...spec, requireBackupSince: undefined }, undefined, observation, clocks, {});
  const candidates = [...listAttached(spec, all, clocks), ...listDetachedCandidates(spec, all, clocks)];
  const free = judge(candidates, known).filter(({ keep }) => !keep || GUARDS[keep.by].keeps !== "partition");
  return [
    ...new Set([...free.map(({ candidate }) => candidate.step.table.oid), ...cleanup.map(({ table: { oid } }) => oid)]),
  ];
}

function collectGuardFacts(
  spec: WindowSpec,
  registered: WindowSpec | undefined,
  observation: Observation,
  clocks: Clocks,
  { referring = new Map(), dependents = new Map(), backup, byteLimit, unread }: RetirementFacts,
): GuardFacts {
  const now = getDecidingNow(clocks);
  return { spec, registered, observation, clocks, now, referring, dependents, backup, byteLimit, unread };
}

/** Lists everything that is due by the clock, in the order in which an update runs it. */
function listCandidates(
  spec: WindowSpec,
  observation: Observation,
  clocks: Clocks,
  cleanup: readonly Detach[],
): Candidate[] {
  const attached = listAttached(spec, observation, clocks);
  const detached = listDetachedCandidates(spec, observation, clocks);
  const known = new Set([...attached, ...detached].map(({ step }) => step.table.oid));
  const empty = cleanup
    .filter(({ table }) => !known.has(table.oid))
    .map((step): Candidate => ({ kind: "empty", step }));
  return [
    ...listInterrupted(spec, observation, clocks),
    ...attached.flatMap((one) => addFollowing(one, spec)),
    ...detached.filter(({ step }) => step.verb === "drop"),
    ...detached.filter(({ step }) => step.verb !== "drop").flatMap((one) => addFollowing(one, spec)),
    ...empty.flatMap((one) => addFollowing(one, spec)),
  ];
}

/**
 * Includes detaches that another session began: a half-detached partition cannot be used, and no other can leave CONCURRENTLY.
 */
function listInterrupted(spec: WindowSpec, observation: Observation, clocks: Clocks): Candidate[] {
  const { table, ledger } = observation;
  const pending = (table?.partitions ?? [])
    .filter((partition) => partition.detachPending)
    .map((partition) => planFinalize(partition, findDetaching(partition, ledger), spec, clocks));
  return [...pending, ...listUnrecorded(spec, observation, clocks)].map((step) => ({ kind: "interrupted", step }));
}

/** Returns the ledger's entry if this stack began a half-finished detach. */
function findDetaching(partition: ObservedPartition, ledger: readonly LedgerEntry[]): LedgerEntry | undefined {
  return ledger.filter((entry) => entry.event === "detaching" && entry.oid === partition.oid).at(-1);
}

/** Lists attached partitions that have expired, oldest first. The default partition never does. */
function listAttached(spec: WindowSpec, observation: Observation, clocks: Clocks): Candidate[] {
  const horizon = getDecidingHorizon(spec, clocks);
  return (observation.table?.partitions ?? [])
    .filter(
      (partition) =>
        !partition.detachPending && partition.bounds !== undefined && hasExpired(partition.bounds.to, horizon),
    )
    .sort((a, b) => compareEnds(a.bounds, b.bounds))
    .map((partition) => ({ kind: "attached", partition, step: addExtent(planDetach(partition, spec, clocks), spec) }));
}

/**
 * Adds the steps that follow in the same update: an archive always follows the detach, then the drop; without a grace the drop
 * follows directly. The update reaches each only if the one before has succeeded.
 */
function addFollowing(first: Candidate, spec: WindowSpec): Candidate[] {
  const { step } = first;
  if (step.verb !== "detach" && step.verb !== "archive") return [first];
  // A backup with its last rows can only begin once it is detached.
  const drops =
    first.kind === "empty" || (spec.onExpire !== "detach" && spec.grace === undefined && !spec.requireBackupSince);
  const archive = step.verb === "detach" ? planFollowingArchive(step) : undefined;
  const following = [...(archive ? [archive] : []), ...(drops ? [planFollowingDrop(step)] : [])];
  return [first, ...following.map((next): Candidate => ({ kind: "following", first, step: next }))];
}

/**
 * Orders deferred steps: those that only a stop keeps, then partitions that stay in the table, tables not dropped yet, and empty
 * partitions.
 */
function sortDeferred(judged: readonly Judged[]): Kept[] {
  const kept = judged.flatMap(({ candidate, keep }): Kept[] => (keep ? [{ candidate, keep }] : []));
  const filterKept = (kind: Candidate["kind"], by: (keep: Keep) => boolean) =>
    kept.filter((one) => one.candidate.kind === kind && by(one.keep));
  const isKeptByItself = ({ by }: Keep) => GUARDS[by].keeps === "partition";
  const isKeptByIntervals = ({ by }: Keep) => by === "intervals";
  return [
    ...keepFirstSteps(kept.filter(isStopped)),
    ...filterKept("attached", isKeptByIntervals),
    ...filterKept("attached", isKeptByItself),
    ...sortOldestFirst([...filterKept("following", isKeptByIntervals), ...filterKept("detached", isKeptByIntervals)]),
    ...kept.filter(({ keep }) => keep.by === "bytes"),
    ...sortOldestFirst(filterKept("detached", isKeptByItself)),
    ...filterKept("following", isKeptByItself),
    ...filterKept("empty", isKeptByItself),
  ];
}

function sortOldestFirst(kept: readonly Kept[]): Kept[] {
  return [...kept].sort((a, b) => compareEnds(a.candidate.step.table.bounds, b.candidate.step.table.bounds));
}

/** Keeps the first step of each partition. */
function keepFirstSteps(kept: readonly Kept[]): Kept[] {
  const seen = new Set<string>();
  return kept.filter(({ candidate: { step } }) => !seen.has(step.table.oid) && seen.add(step.table.oid));
}

function isStopped({ keep }: Judged): boolean {
  return keep !== undefined && GUARDS[keep.by].keeps === "everything";
}

function noteLater({ maxDropsPerUpdate }: WindowSpec, judged: readonly Judged[]): string[] {
  const later = judged.filter(({ candidate, keep }) => candidate.kind === "attached" && keep?.by === "intervals");
  if (later.length === 0) return [];
  return [
    `${later.length} more expired partitions follow in later updates; each retires at most ${maxDropsPerUpdate} intervals`,
  ];
}
