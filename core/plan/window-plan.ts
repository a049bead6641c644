import { tableFacts } from "./change/table-facts";
import { previousWindow, runwayNotes, summary } from "./change/summary";
import { MAX_LISTED_DROPS } from "../defaults";
import { siblingNotes } from "../partition/carry/sibling-notes";
import type { ObservedLeaf } from "../observed/table";
import type { Problem } from "../problems/problem";
import { describeUnindexed, unindexedKeysOf } from "../table/compare/foreign-key-indexes";
import type { WindowSpec } from "../declare/table/spec";
import { observedParent, type ParentShape } from "../partition/carry/parent";
import type { Statement } from "../sql/statement";
import type { Instant } from "../time/instant";
import { type PlannedWindow, planWindow } from "../window/window";
import { describeFailed } from "./retire/backup";
import { planAlignments } from "./align/alignment";
import { type Change, entriesIn } from "./change/change";
import { planCleanup } from "./retire/cleanup";
import { decidingNow } from "../window/clocks";
import { planCreateChanges } from "./create-changes";
import type { Creation } from "./create/creation";
import { type PlannedCreations, planCreations } from "./create/creations";
import { type DefaultPlan, planDefault } from "./upkeep/default-partition";
import { planLaterKeys } from "./upkeep/later-keys";
import { dueIn, type LivePlan, type PlanContext, type PlannedChange } from "./live-plan";
import { type PreparedPlan, planPrepared } from "./prepare/prepared";
import { halfNotes, planReadOnly } from "./align/read-only";
import { replicationWarnings } from "./retire/replication-warnings";
import { keptChanges, keptWarnings, retireChanges } from "./retire-changes";
import { planRetirement, type RetirementPlan } from "./retire/retirement";
import type { WindowPlan } from "./change/types";
import { planAnalysis, planTriggers } from "./upkeep/upkeep";
import { workOf } from "./change/work";

/** Input of every topic of one plan. */
interface Plan {
  readonly context: PlanContext;
  readonly window: PlannedWindow;
  readonly now: Instant;
  readonly parent: ParentShape | undefined;
  readonly created: PlannedCreations;
  readonly retired: RetirementPlan;
}

/** Plans one table against the live database: each topic by itself, then their sum. */
export function planAgainstDatabase(context: PlanContext): LivePlan {
  const window = planWindow(context.spec, context.clocks.asOf);
  const now = decidingNow(context.clocks);
  const parent = parentOf(context, now);
  const created = planCreated(context, window, now);
  const retired = planRetired(context, created, now);
  const plan: Plan = { context, window, now, parent, created, retired };
  const fallback = planDefault(parent, context.observation, created.creations, retired.due);
  const prepared = planPrepare(plan);
  const streams = replicationWarnings(context.observation, retired.due);
  const changes = changesOf(plan, fallback, prepared);
  return {
    plan: windowPlan(plan, changes, fallback, [...fallback.notes, ...streams]),
    changes,
    work: workOf(changes, context.spec),
    problems: problemsOf(plan, fallback),
    warnings: [
      ...created.warnings,
      ...fallback.notes,
      ...streams,
      ...unanswered(plan),
      ...keptWarnings(retired.deferred),
      ...absentKeys(changes),
    ],
    creations: created.creations,
    restores: restoresOf(created),
    leaves: created.leaves,
    parent,
    defaultPartition: fallback.facts,
    prepared,
    stopped: retired.stopped,
  };
}

/** Returns the table as it is, or will be. */
function parentOf({ spec, observation, profile, planned }: PlanContext, now: Instant): ParentShape | undefined {
  if (!observation.table) return planned && { ...planned.parent, below: spec.levels.below };
  return observedParent(observation.table, spec.key, { ...observation, profile, now, levels: spec.levels });
}

function planCreated(
  { spec, observation, values = [], clocks }: PlanContext,
  window: PlannedWindow,
  now: Instant,
): PlannedCreations {
  return planCreations(spec, window, observation, values, clocks.asOf, now);
}

/** Plans retirement of time partitions, in any branch. */
function planRetired(context: PlanContext, { leaves }: PlannedCreations, now: Instant): RetirementPlan {
  const { spec, registered, observation, clocks, retiring, values = [], empty = new Set() } = context;
  const cleanup = planCleanup(spec, values, observation, empty, now);
  const flat = { ...observation, table: observation.table && { ...observation.table, leaves } };
  return planRetirement(spec, registered, flat, clocks, retiring, cleanup);
}

function planPrepare({ context, parent }: Plan): PreparedPlan | undefined {
  const { spec, observation, clocks, prepare } = context;
  return planPrepared(
    spec,
    observation.table && prepare !== false ? parent : undefined,
    observation.registration,
    clocks,
  );
}

/**
 * Lists every change, in the order of an update. Keys come before partitions that the window creates, and after those that
 * resources create.
 */
function changesOf(plan: Plan, fallback: DefaultPlan, prepared: PreparedPlan | undefined): PlannedChange[] {
  const { context, now, parent, created, retired } = plan;
  const { spec, observation, clocks, management, shown, sourceTriggers } = context;
  const keys = keyChanges(plan);
  const analysis = [planAnalysis(spec, observation, created.creations) ?? []].flat();
  const upkeep = [...fallback.upkeep, ...planTriggers(spec, sourceTriggers), ...analysis];
  return [
    ...(spec.resources === "window" ? keys : []),
    ...planCreateChanges(parent, created.branches, [...created.creations, ...created.restores], management),
    ...(spec.resources === "partition" ? keys : []),
    ...planAlignments(parent, observation, retired.due, shown),
    ...planReadOnly(spec, created, { ledger: observation.ledger, clocks, management }),
    ...(prepared?.changes ?? []),
    ...retireChanges(retired, parent, now, management),
    ...keptChanges(spec, created, clocks),
    ...(parent ? upkeep : []),
  ];
}

function keyChanges({ context, parent, created }: Plan): Change<"constrain", undefined>[] {
  const { laterKeys, observation, spec } = context;
  if (!laterKeys || !parent) return [];
  const table = { ...parent.root, leafSchema: parent.leafSchema };
  return planLaterKeys(laterKeys, table, observation, spec.resources === "partition" ? created.creations : []);
}

function windowPlan(
  plan: Plan,
  changes: readonly PlannedChange[],
  fallback: DefaultPlan,
  published: readonly string[],
): WindowPlan {
  const { context, window, parent, created } = plan;
  const { spec, registered, observation, clocks } = context;
  const restore = entriesIn(changes, "restore");
  const align = entriesIn(changes, "align");
  const upkeep = entriesIn(changes, "upkeep");
  const [prepare] = dueIn(changes, "prepare");
  return {
    ...summary(
      window,
      entriesIn(changes, "create"),
      entriesIn(changes, "retire"),
      statementsOf(plan, changes),
      context.altering,
    ),
    ...(restore.length > 0 ? { restore } : {}),
    align: align.slice(0, MAX_LISTED_DROPS),
    alignCount: align.length,
    ...(upkeep.length > 0 ? { upkeep } : {}),
    ...(fallback.facts ? { defaultPartition: fallback.facts } : {}),
    complete: true,
    ...tableFacts(parent, context.indexes ?? [], observation.role),
    ...previousWindow(registered, spec, window, context.registeredAsOf ?? clocks.asOf),
    leafCount: created.leaves.length,
    deferred: entriesIn(changes, "later").slice(0, MAX_LISTED_DROPS),
    kept: entriesIn(changes, "kept").slice(0, MAX_LISTED_DROPS),
    ...(prepare ? { prepareCount: prepare.step.count } : {}),
    notes: notesOf(plan, published),
  };
}

/** Returns all statements; those of the table itself come first if it does not exist yet. */
function statementsOf({ context, parent }: Plan, changes: readonly Change[]): Statement[] {
  if (!parent) return [];
  const own = context.observation.table ? [] : (context.planned?.statements ?? []);
  return [...own, ...changes.flatMap(({ statements }) => statements)];
}

function problemsOf({ context, window, created, retired }: Plan, fallback: DefaultPlan): Problem[] {
  return [
    ...window.problems,
    ...created.problems,
    ...refusals(context.spec, created.creations),
    ...created.restores.flatMap((one) => (one.kind === "refuse" ? [one.problem] : [])),
    ...retired.problems,
    ...fallback.problems,
  ];
}

function notesOf({ context, window, parent, created, retired }: Plan, published: readonly string[]): string[] {
  const { spec, observation, clocks } = context;
  return [
    ...runwayNotes(window, clocks),
    ...created.notes,
    ...retired.notes,
    ...foreignNotes(created.leaves),
    ...halfNotes(spec, observation, clocks, restoresOf(created)),
    ...(spec.ownsTable || !observation.table ? [] : unindexedKeysOf(observation.table).map(describeUnindexed)),
    ...published,
    ...disagreements(parent),
    ...observation.obstacles,
  ];
}

/** Lists partitions that come back from archives, inside and outside the window. */
function restoresOf({ creations, restores }: PlannedCreations): Creation[] {
  return [...creations.filter(({ kind }) => kind === "restore"), ...restores];
}

/** Reports undeclared properties in which partitions disagree. */
function disagreements(parent: ParentShape | undefined): string[] {
  const { siblings, profile } = parent?.carried ?? {};
  return parent && profile && siblings ? siblingNotes({ schema: parent.root.schema, profile, siblings }) : [];
}

/** Reports facts that cannot be read, which stop all retirement, before anything is due. */
function unanswered({ context: { retiring }, retired: { stopped } }: Plan): string[] {
  if (retiring?.unread !== undefined) return stopped === undefined ? [] : [stopped];
  const failed = retiring?.backup?.failed;
  return failed === undefined ? [] : [describeFailed(failed)];
}

function absentKeys(changes: readonly Change[]): string[] {
  return changes.flatMap(({ keep }) => (keep?.by === "absent" ? [keep.reason] : []));
}

/** Notes in every plan what is not done for foreign tables. */
function foreignNotes(leaves: readonly ObservedLeaf[]): string[] {
  return leaves
    .filter((leaf) => leaf.foreign)
    .map(
      ({ name }) =>
        `"${name}" is a foreign table: its rows are elsewhere, and it has no index, row security, replica identity or storage of ours`,
    );
}

/**
 * Returns refusals. In partition mode each Partition resource refuses under its own name; the window repeats only dropped ranges.
 */
function refusals(spec: WindowSpec, creations: readonly Creation[]): Problem[] {
  return creations.flatMap((creation) => {
    if (creation.kind !== "refuse") return [];
    return spec.resources === "window" || creation.problem.code === "dropped-range-returns" ? [creation.problem] : [];
  });
}
