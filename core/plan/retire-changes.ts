import type { WindowSpec } from "../declare/table/spec";
import type { ParentShape } from "../partition/carry/parent";
import { formatInstant, type Instant, wholeDays } from "../time/instant";
import type { OpenInterval } from "../time/interval";
import { hasExpired } from "../window/window";
import { archivedFacts, type Change, type Facts, sizeFacts } from "./change/change";
import { type Clocks, decidingHorizon, decidingNow } from "../window/clocks";
import type { PlannedCreations } from "./create/creations";
import type { Keep, Kept } from "./retire/guard";
import { GUARDS, keptStep, showsDay } from "./retire/guards";
import type { RetirementPlan } from "./retire/retirement";
import { dropDay, isArchivedDrop, leavingLeaf, type Retirement } from "./retire/retiring";
import { statementsOfRetirement } from "./create/statements";

type RetireChange = Change<Retirement["verb"], Retirement>;

/** Returns pending changes first, then those that something keeps. */
export function retireChanges(
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
      statements: parent ? statementsOfRetirement(parent, step, management) : [],
    })),
    ...deferred.map((kept) => keptChange(kept, now)),
  ];
}

function keptChange(kept: Kept, now: Instant): RetireChange {
  const { by, behind, reason } = kept.keep;
  const step = keptStep(kept);
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
  const day = showsDay(step, keep) ? dropDay(step) : undefined;
  const facts: Facts = {
    ...sizeFacts(step.table),
    ...ageFacts(bounds, now),
    ...(day ? { dropOn: formatInstant(day) } : {}),
    ...(isArchivedDrop(step) ? { archived: archivedFacts(step.needs.archived) } : {}),
    ...(extent && extent.intervals > 1 ? { intervals: extent.intervals } : {}),
  };
  return { verb: step.verb, subject: name, bounds, facts, step };
}

function ageFacts({ to }: OpenInterval, now: Instant): Facts {
  return to ? { ageDays: wholeDays(to, now) } : {};
}

/** Warns in each update about partitions kept until an operator acts: that is no failure. */
export function keptWarnings(deferred: readonly Kept[]): string[] {
  return deferred
    .filter(({ keep }) => GUARDS[keep.by].warns)
    .map(keptStep)
    .map(({ table, reason }) => `partition "${table.name}" has expired (${reason})`);
}

/** Lists partitions that the window does not want and that have not expired: shown, never swept. */
export function keptChanges(
  spec: WindowSpec,
  { leaves, wants }: Pick<PlannedCreations, "leaves" | "wants">,
  clocks: Clocks,
): RetireChange[] {
  const horizon = decidingHorizon(spec, clocks);
  return leaves
    .filter((leaf) => leaf.bounds !== undefined && !hasExpired(leaf.bounds.to, horizon) && !wants(leaf))
    .map((leaf) => {
      const reason = "outside the window and not expired: left in place";
      const step: Retirement = { verb: "detach", table: leavingLeaf(leaf), reason, promise: { kind: "stays" } };
      const described = describeStep(step, decidingNow(clocks));
      return { ...described, section: "kept", reasons: [], statements: [], keep: { by: "window", reason } };
    });
}
