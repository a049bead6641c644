import { formatTableId } from "../../names/resource-id";
import { toIntervalKey } from "../../time/interval";
import { listClaims, findOverByteLimit } from "./byte-limit";
import { countIntervals, isConfirmed } from "./confirmation";
import { findCutProblems } from "./cut";
import type { Candidate, Guard, GuardFacts, Judged } from "./guard";
import { compareEnds } from "./retiring";
import type { Stop } from "./stops";

/** Guards of an update: limits on all its partitions, whether anything keeps them individually or not. */

/** Reports a declared cut as a problem of the plan; the partitions that it would retire get no further reason. */
export const cut: Guard = (facts, judged) => {
  if (findCutProblems(facts, judged).length === 0) return () => undefined;
  return ({ kind }) => (kind === "attached" || kind === "empty" ? { reason: "" } : undefined);
};

/**
 * Lets all confirmed partitions leave, and of the others as many as one update may retire: counted for those that leave the table
 * and, however they were detached, for those that are dropped. One that does not fit ends the update, so that a partition of
 * several intervals is not overtaken forever.
 */
export const intervals: Guard = (facts, judged) => {
  const free = listFree(judged).filter(isLimited);
  const overLimit = new Set([
    ...listBeyond(
      free.filter(({ kind }) => kind === "attached"),
      facts,
    ),
  ]);
  const mayGo = (candidate: Candidate) =>
    !overLimit.has(candidate) && !(candidate.kind === "following" && overLimit.has(candidate.first));
  const drops = free.filter((candidate) => candidate.step.verb === "drop" && mayGo(candidate));
  const oldestFirst = drops.sort((a, b) => compareEnds(a.step.table.bounds, b.step.table.bounds));
  for (const candidate of listBeyond(oldestFirst, facts)) overLimit.add(candidate);
  const { maxDropsPerUpdate: most } = facts.spec;
  const reason = `waits for the next update, because one retires at most ${most} intervals (maxDropsPerUpdate)`;
  return (candidate) => (overLimit.has(candidate) ? { reason, behind: true } : undefined);
};

function listBeyond(candidates: readonly Candidate[], { spec, observation }: GuardFacts): Candidate[] {
  // Counts intervals of the table, not partitions: with levels an interval has one in each branch.
  const allowed = new Set<string>();
  let left = spec.maxDropsPerUpdate;
  const overLimit: Candidate[] = [];
  for (const candidate of candidates) {
    const { table } = candidate.step;
    const interval = toIntervalKey(table.bounds);
    if (isConfirmed(table.bounds, spec, observation.ledger) || allowed.has(interval)) continue;
    if (overLimit.length === 0 && countIntervals(table) <= left) {
      allowed.add(interval);
      left -= countIntervals(table);
    } else overLimit.push(candidate);
  }
  return overLimit;
}

/** Limits what one update takes out of all tables together: a partition beyond it stays, with its whole chain to the drop. */
export const bytes: Guard = ({ byteLimit, spec, observation }, judged) => {
  if (!byteLimit) return () => undefined;
  const leaving = listFree(judged)
    .filter(isLimited)
    .map(({ step }) => step);
  const confirmed = listClaims(formatTableId(spec), leaving, ({ table }) =>
    isConfirmed(table.bounds, spec, observation.ledger),
  );
  const waiting = findOverByteLimit(confirmed, byteLimit);
  return (candidate) => {
    const reason = isLimited(candidate) ? waiting.get(candidate.step.table.oid) : undefined;
    return reason === undefined ? undefined : { reason, behind: true };
  };
};

/** While retirement is stopped, everything that would leave waits for that, the rest for its own reason. */
export function keepWhileStopped(stop: (facts: GuardFacts) => Stop | undefined): Guard {
  return (facts) => {
    const found = stop(facts);
    return () => found && { reason: found.short, behind: true };
  };
}

/** Lists candidates that nothing keeps, and whose preceding steps nothing keeps. */
function listFree(judged: readonly Judged[]): Candidate[] {
  const kept = new Set(judged.flatMap(({ candidate, keep }) => (keep ? [candidate] : [])));
  const isFree = (candidate: Candidate): boolean =>
    !kept.has(candidate) && (candidate.kind !== "following" || isFree(candidate.first));
  return judged.map(({ candidate }) => candidate).filter(isFree);
}

/** True if limits count the candidate: not for the end of an interrupted detach and empty partitions of ended values. */
function isLimited(candidate: Candidate): boolean {
  if (candidate.kind === "following") return isLimited(candidate.first);
  return candidate.kind === "attached" || candidate.kind === "detached";
}
