import { timeLeaves } from "../levels/tree";
import { hasExpired } from "../window/window";
import type { LedgerEntry } from "../ledger";
import type { Observation, ObservedLeaf } from "../observed";
import type { Problem } from "../problem";
import type { WindowSpec } from "../spec/spec";
import type { BackupFact } from "./backup";
import type { ByteLimit } from "./byte-limit";
import { type Clocks, decidingHorizon, decidingNow } from "./clocks";
import type { Dependents } from "./dependents";
import { awayCandidates, leftUnrecorded } from "./detached-tables";
import { type Candidate, type GuardFacts, type Keep, kept, keepOf, measured } from "./guards";
import { holdOn } from "./holds";
import type { ReferringRows } from "./referring";
import { cutProblems, oldestFirst, overLimit, within } from "./retirement-limits";
import { archiving, compareEnds, detachOf, finalizeOf, type Retirement } from "./retiring";
import { type Stop, stopReason } from "./stop-reason";

/** What is known of the world around a table. */
export interface RetirementFacts {
  /** Rows of other tables that refer to what could leave. */
  readonly referring?: ReferringRows | undefined;
  /** Objects that need what could leave, so that PostgreSQL would not drop it. */
  readonly dependents?: Dependents | undefined;
  /** Asked for only where a backup is required. */
  readonly backup?: BackupFact | undefined;
  /** Undefined: no limit, or an update that performs what was limited before. */
  readonly byteLimit?: ByteLimit | undefined;
  /** Why one of these could not be read. Nothing is retired then; partitions are made all the same. */
  readonly unread?: string | undefined;
}

export interface RetirementPlan {
  readonly due: readonly Retirement[];
  readonly deferred: readonly Retirement[];
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
  /** Why nothing is retired although something would be, or might be. */
  readonly stopped?: string | undefined;
}

/** A step with what keeps it, where something does. */
interface Judged extends Candidate {
  readonly keep: Keep | undefined;
}

/**
 * Decides what leaves the table now. One rule for every way that leads here: a roll, a cut, a lost state, partitions as
 * resources or not. Reads facts only. Each step is judged by the guards of `guards.ts`, in their order; of those that nothing keeps
 *  - a declared cut that would retire more than maxDropsPerUpdate intervals, or one that is no interval, needs confirmDrops;
 *  - expiry by the clock alone retires the oldest maxDropsPerUpdate and goes on in the next update;
 *  - beyond maxBytesPerUpdate of all tables together nothing is archived or dropped, nor detached for it;
 *  - what has to be known for all this and cannot be read stops what is left, and never a creation;
 *  - so do paused, hours outside of allowRetireBetween, and a program clock ahead of the database's.
 *
 * @param cleanup empty partitions of values that have ended: under every guard, and no part of a limit
 */
export function planRetirement(
  spec: WindowSpec,
  registered: WindowSpec | undefined,
  observation: Observation,
  clocks: Clocks,
  facts: RetirementFacts = {},
  cleanup: readonly Retirement[] = [],
): RetirementPlan {
  const world = guardFacts(spec, observation, clocks, facts);
  const expired = judge(expiredCandidates(spec, observation, clocks), world);
  const away = judge(awayCandidates(spec, observation, clocks), world);
  const problems = cutProblems(spec, cutOf(expired, registered, clocks), observation.ledger);
  const limited = oldestFirst(problems.length > 0 ? [] : freeOf(expired), spec, observation.ledger);
  const archives = freeOf(away).filter(({ verb }) => verb === "archive");
  const chains = [
    followed(limited.due, spec, world),
    { due: freeOf(away).filter(({ verb }) => verb === "drop"), kept: [] },
    followed(archives, spec, world),
  ];
  const going = chains.flatMap((chain) => chain.due);
  // Whatever leads to a drop, one update drops no more intervals than that.
  const drops = oldestFirst(
    going.filter(({ verb }) => verb === "drop").sort((a, b) => compareEnds(a.bounds, b.bounds)),
    spec,
    observation.ledger,
  );
  const over = new Set(drops.over);
  const allowed = within(
    facts.byteLimit,
    spec,
    observation.ledger,
    going.filter((item) => !over.has(item)),
  );
  const known = new Set([...expired, ...away].map(({ step }) => step.oid));
  const empty = judge(
    problems.length > 0 ? [] : cleanup.filter(({ oid }) => !known.has(oid)).map((step) => ({ step })),
    world,
  );
  const stop = facts.unread === undefined ? stopReason(spec, observation, clocks) : unreadReason(facts.unread);
  return stoppedBy(stop, {
    due: [...finalizes(spec, observation, clocks), ...allowed.due, ...freeOf(empty)],
    deferred: [
      ...overLimit(limited.over, spec),
      ...keptOf(expired),
      ...overLimit(drops.over, spec),
      ...allowed.over,
      ...keptOf(away),
      ...chains.flatMap((chain) => chain.kept),
      ...eachOnce(keptOf(empty)),
    ],
    problems,
    notes:
      limited.over.length > 0
        ? [
            `${limited.over.length} more expired partitions follow in later updates; each retires at most ${spec.maxDropsPerUpdate} intervals`,
          ]
        : [],
  });
}

/** Oids of what could leave now: what refers to these, and needs them, has to be known. */
export function couldLeave(
  spec: WindowSpec,
  observation: Observation,
  clocks: Clocks,
  cleanup: readonly Retirement[] = [],
): string[] {
  const { table } = observation;
  const all = { ...observation, table: table && { ...table, leaves: timeLeaves(spec, table) } };
  const world = guardFacts({ ...spec, requireBackupSince: undefined }, observation, clocks, {});
  const candidates = [...expiredCandidates(spec, all, clocks), ...awayCandidates(spec, all, clocks)];
  return [...freeOf(judge(candidates, world)), ...eachOnce(cleanup)].map(({ oid }) => oid);
}

function guardFacts(
  spec: WindowSpec,
  observation: Observation,
  clocks: Clocks,
  { referring = new Map(), dependents = new Map(), backup }: RetirementFacts,
): GuardFacts {
  return { spec, observation, now: decidingNow(clocks), referring, dependents, backup };
}

function unreadReason(because: string): Stop {
  const short = `what decides about it cannot be read (${because})`;
  return { reason: `nothing is retired: ${short}`, short, alarming: true };
}

/** What is left of a plan while retirement stands still: everything that would go waits for that, the rest for its own reason. */
function stoppedBy(stop: Stop | undefined, plan: RetirementPlan): RetirementPlan {
  if (!stop) return plan;
  const waiting = eachOnce(plan.due).map((step) => ({
    ...step,
    ...(step.verb === "detach" ? { dropAfter: undefined } : {}),
    reason: `${step.reason}; ${stop.short}`,
  }));
  const said = plan.due.length > 0 || stop.alarming ? stop.reason : undefined;
  return {
    due: [],
    deferred: [...waiting, ...plan.deferred],
    // A cut is refused now too: accepted while retirement stands still, it would be the rule of before afterwards.
    problems: plan.problems,
    notes: said === undefined ? [] : [said],
    stopped: said,
  };
}

/** Also where another session began it: half detached, a partition is of no use, and no other one can leave CONCURRENTLY. */
function finalizes(spec: WindowSpec, observation: Observation, clocks: Clocks): Retirement[] {
  const { table, ledger } = observation;
  return (table?.leaves ?? [])
    .filter((leaf) => leaf.detachPending)
    .map((leaf) => finalizeOf(leaf, begunBy(leaf, ledger), spec, clocks))
    .concat(leftUnrecorded(spec, observation, clocks));
}

/** Attached partitions that have expired, oldest first. The default partition never does. */
function expiredCandidates(spec: WindowSpec, observation: Observation, clocks: Clocks): Candidate[] {
  const horizon = decidingHorizon(spec, clocks);
  return (observation.table?.leaves ?? [])
    .filter((leaf) => !leaf.detachPending && leaf.bounds !== undefined && hasExpired(leaf.bounds.to, horizon))
    .sort((a, b) => compareEnds(a.bounds, b.bounds))
    .map((leaf) => ({ leaf, step: detachOf(leaf, spec, clocks) }));
}

/** How many intervals a step takes is known from here on: limits and policies count them. */
function judge(candidates: readonly Candidate[], world: GuardFacts): Judged[] {
  return candidates.map((found) => {
    const candidate = { ...found, step: found.step.onlyEmpty ? found.step : measured(found.step, world.spec) };
    return { ...candidate, keep: keepOf(candidate, world) };
  });
}

function freeOf(judged: readonly Judged[]): Retirement[] {
  return judged.filter(({ keep }) => keep === undefined).map(({ step }) => step);
}

function keptOf(judged: readonly Judged[]): Retirement[] {
  return judged.flatMap((one) => (one.keep ? [kept(one, one.keep)] : []));
}

/** Of the steps of one partition the first. */
function eachOnce(steps: readonly Retirement[]): Retirement[] {
  const seen = new Set<string>();
  return steps.filter(({ oid }) => !seen.has(oid) && seen.add(oid));
}

/**
 * What a change of the program has let expire. A hold that is gone from the program is a cut as well; one that has come to its end
 * is the clock's. What the program or the day of adoption keeps anyway is no part of one.
 */
function cutOf(expired: readonly Judged[], registered: WindowSpec | undefined, clocks: Clocks): Retirement[] {
  if (!registered) return [];
  const before = decidingHorizon(registered, clocks);
  return expired
    .filter(
      ({ keep }) => keep?.by !== "hold" && keep?.by !== "restored" && keep?.by !== "adopted" && keep?.by !== "foreign",
    )
    .map(({ step }) => step)
    .filter(({ bounds }) => !hasExpired(bounds.to, before) || holdOn(registered, bounds, decidingNow(clocks)));
}

/**
 * What follows in the same update: without a grace the drop follows the detach, and an archive follows it always, with the drop
 * after that. The update comes to each only when the one before has succeeded.
 */
function followed(
  retirements: readonly Retirement[],
  spec: WindowSpec,
  world: GuardFacts,
): { readonly due: readonly Retirement[]; readonly kept: readonly Retirement[] } {
  // A backup that holds its last rows can only begin once it is detached.
  const drops = spec.onExpire !== "detach" && spec.grace === undefined && !spec.requireBackupSince;
  const chains = retirements.map((first) => {
    const drop = { step: { ...first, verb: "drop" as const } };
    return { first, drop, keep: drops ? keepOf(drop, world) : undefined };
  });
  return {
    due: chains.flatMap(({ first, drop, keep }) => [
      first,
      ...(first.verb === "detach" && first.toArchive ? [archiving(first)] : []),
      ...(drops && !keep ? [drop.step] : []),
    ]),
    kept: chains.flatMap(({ drop, keep }) => (keep ? [kept(drop, keep)] : [])),
  };
}

/** The entry of our begin of a half-finished detach. */
function begunBy(leaf: ObservedLeaf, ledger: readonly LedgerEntry[]): LedgerEntry | undefined {
  return ledger.filter((entry) => entry.event === "detaching" && entry.oid === leaf.oid).at(-1);
}
