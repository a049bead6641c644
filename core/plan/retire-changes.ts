import type { WindowSpec } from "../declare/table/spec";
import type { ParentShape } from "../partition/carry/parent";
import { formatInstant, type Instant, countWholeDays } from "../time/instant";
import type { OpenInterval } from "../time/interval";
import { hasExpired } from "../window/window-partitions";
import { toArchivedEntry, type Change, type Facts, toSizeFacts } from "./change/change";
import { type Clocks, getDecidingHorizon, getDecidingNow } from "../window/clocks";
import type { PlannedCreations } from "./create/creations";
import type { Keep, Kept } from "./retire/guard";
import { GUARDS, toKeptStep, showsDay } from "./retire/guards";
import type { RetirementPlan } from "./retire/plan-retirement";
import { getPromisedDropDay, isArchivedDrop, toLeavingPartition, type Retirement } from "./retire/retiring";
import { buildRetirementStatements } from "./create/step-statements";

type RetireChange = Change<Retirement["verb"], Retirement>;

/** Returns pending changes first, then those that something keeps. */
export function planRetireChanges(
  { due, deferred }: Pick<RetirementPlan, "due" | "deferred">,
  parent: ParentShape | undefined,
  now: Instant,
  management?: string,
): RetireChange[] {
  return [
    ...due.map((step): RetireChange => ({
      ...describeStep(step, now),
      section: "retire",
      reasons: [step.reason],
      statements: parent ? buildRetirementStatements(parent, step, management) : [],
    })),
    ...deferred.map((kept) => buildKeptChange(kept, now)),
  ];
}

function buildKeptChange(kept: Kept, now: Instant): RetireChange {
  const { by, behind, reason } = kept.keep;
  const step = toKeptStep(kept);
  return {
    ...describeStep(step, now, kept.keep),
    section: "later",
    reasons: behind ? [kept.candidate.step.reason] : [],
    statements: [],
    keep: { by, reason: behind ? reason : step.reason },
  };
}

function describeStep(
  step: Retirement,
  now: Instant,
  keep?: Keep,
): Pick<RetireChange, "verb" | "subject" | "bounds" | "facts" | "step"> {
  const { name, bounds, extent } = step.table;
  const day = showsDay(step, keep) ? getPromisedDropDay(step) : undefined;
  const facts: Facts = {
    ...toSizeFacts(step.table),
    ...measureAge(bounds, now),
    ...(day ? { dropOn: formatInstant(day) } : {}),
    ...(isArchivedDrop(step) ? { archived: toArchivedEntry(step.needs.archived) } : {}),
    ...(extent && extent.intervals > 1 ? { intervals: extent.intervals } : {}),
  };
  return { verb: step.verb, subject: name, bounds, facts, step };
}

function measureAge({ to }: OpenInterval, now: Instant): Facts {
  return to ? { ageDays: countWholeDays(to, now) } : {};
}

/** Warns in each update about partitions kept until an operator acts: that is no failure. */
export function warnOfKept(deferred: readonly Kept[]): string[] {
  return deferred
    .filter(({ keep }) => GUARDS[keep.by].warns)
    .map(toKeptStep)
    .map(({ table, reason }) => `partition "${table.name}" has expired (${reason})`);
}

/** Lists partitions that the window does not want and that have not expired: shown, never swept. */
export function listKeptChanges(
  spec: WindowSpec,
  { partitions, wants }: Pick<PlannedCreations, "partitions" | "wants">,
  clocks: Clocks,
): RetireChange[] {
  const horizon = getDecidingHorizon(spec, clocks);
  return partitions
    .filter(
      (partition) => partition.bounds !== undefined && !hasExpired(partition.bounds.to, horizon) && !wants(partition),
    )
    .map((partition) => {
      const reason = "outside the window and not expired: left in place";
      const step: Retirement = {
        verb: "detach",
        table: toLeavingPartition(partition),
        reason,
        promise: { kind: "stays" },
      };
      const described = describeStep(step, getDecidingNow(clocks));
      return { ...described, section: "kept", reasons: [], statements: [], keep: { by: "window", reason } };
    });
}
