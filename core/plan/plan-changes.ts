import type { WindowSpec } from "../declare/table/spec";
import { DEFAULT_MANAGEMENT_SCHEMA } from "../defaults";
import { addComingIndexes, buildObservedParent, type ParentShape } from "../partition/carry/parent";
import { listTimePartitions } from "../partition/branch/desired-branches";
import type { Problem } from "../problems/problem";
import type { Instant } from "../time/instant";
import { getDecidingNow } from "../window/clocks";
import { type PlannedWindow, planWindow } from "../window/window-partitions";
import { planAlignments } from "./align/alignment";
import { planReadOnly } from "./align/read-only";
import type { Change } from "./change/change";
import { planCreateChanges } from "./create-changes";
import type { Creation } from "./create/creation";
import { planCreations, type PlannedCreations } from "./create/creations";
import { type PreparedPlan, planPrepared } from "./prepare/prepared";
import { listKeptChanges, planRetireChanges } from "./retire-changes";
import { planCleanup } from "./retire/cleanup";
import { planRetirement, type RetirementPlan } from "./retire/plan-retirement";
import type { PlanContext, PlannedChange, TableChanges } from "./table-plan";
import { type DefaultPlan, planDefault } from "./upkeep/plan-default";
import { type NamesPlan, planFunctionNames } from "./upkeep/function-names";
import { planLaterKeys } from "./upkeep/later-keys";
import { planAnalysis, planTriggers } from "./upkeep/plan-upkeep";

/** Every topic of one plan, before their changes are put in order. */
export interface Topics {
  readonly context: PlanContext;
  readonly now: Instant;
  readonly parent: ParentShape | undefined;
  readonly created: CreatePlan;
  readonly retired: RetirementPlan;
  readonly fallback: DefaultPlan;
  readonly named: NamesPlan;
  readonly prepared: PreparedPlan | undefined;
}

/** Partitions to create, with the window that asks for them. */
interface CreatePlan extends PlannedCreations {
  readonly window: PlannedWindow;
}

/** Facts from which the partitions to create are planned. */
export type CreateContext = Pick<PlanContext, "spec" | "observation" | "clocks" | "values">;

/** Facts from which retirement is planned. */
export type RetireContext = Pick<
  PlanContext,
  "spec" | "registered" | "observation" | "clocks" | "retiring" | "values" | "empty"
>;

/** Plans the changes of one table for an update that performs them: nothing is summed up or rendered. */
export function planChanges(context: PlanContext): TableChanges {
  return toChanges(planTopics(context));
}

/** Plans each topic by itself. */
export function planTopics(context: PlanContext): Topics {
  const parent = planParent(context);
  const created = planCreated(context);
  const retired = context.mayRetire === false ? NOTHING_RETIRED : planRetired(context);
  const fallback = planDefault(parent, context.observation, created.creations, retired.due);
  const named = planNames(context);
  const prepared = planPrepare(context, parent);
  return { context, now: getDecidingNow(context.clocks), parent, created, retired, fallback, named, prepared };
}

/** Puts the topics together. */
export function toChanges(topics: Topics): TableChanges {
  const { parent, created, retired, fallback, named, prepared } = topics;
  return {
    changes: listChanges(topics),
    problems: [...created.problems, ...retired.problems, ...fallback.problems, ...named.problems],
    parent,
    defaultPartition: fallback.facts,
    creations: created.creations,
    partitions: created.partitions,
    prepared,
    stopped: retired.stopped,
  };
}

/** Returns the table as it is, or will be. */
export function planParent({
  spec,
  observation,
  clocks,
  profile,
  planned,
  references,
  indexes = [],
}: Pick<PlanContext, "spec" | "observation" | "clocks" | "profile" | "planned" | "references" | "indexes">):
  ParentShape | undefined {
  if (!observation.table) return planned && { ...planned.parent, below: spec.levels.below };
  const found = buildObservedParent(observation.table, spec.key, {
    ...observation,
    profile,
    now: getDecidingNow(clocks),
    levels: spec.levels,
  });
  const parent = references ? { ...found, references } : found;
  // Partitions that are resources exist before the indexes, which then are built on them; those of the window come after.
  return spec.resources === "window" ? addComingIndexes(parent, indexes) : parent;
}

/** Plans the partitions that the window or `restored` lacks. Refusals are among its problems. */
export function planCreated({ spec, observation, clocks, values = [] }: CreateContext): CreatePlan {
  const window = planWindow(spec, clocks.asOf);
  const created = planCreations(spec, window, observation, values, clocks.asOf, getDecidingNow(clocks));
  const refused = created.restores.flatMap((one) => (one.kind === "refuse" ? [one.problem] : []));
  return {
    ...created,
    window,
    problems: [...window.problems, ...created.problems, ...refusals(spec, created.creations), ...refused],
  };
}

/** Lists partitions that come back from archives, inside and outside the window. */
export function listRestores({ creations, restores }: PlannedCreations): Creation[] {
  return [...creations.filter(({ kind }) => kind === "restore"), ...restores];
}

/** Plans retirement of time partitions, in any branch. */
export function planRetired(context: RetireContext): RetirementPlan {
  const { spec, registered, observation, clocks, retiring, values = [], empty = new Set() } = context;
  const cleanup = planCleanup(spec, values, observation, empty, getDecidingNow(clocks));
  const table = observation.table && { ...observation.table, partitions: listTimePartitions(spec, observation.table) };
  return planRetirement(spec, registered, { ...observation, table }, clocks, retiring, cleanup);
}

const NOTHING_RETIRED: RetirementPlan = { due: [], deferred: [], problems: [], notes: [], stopped: undefined };

function planNames({
  spec,
  observation,
  takenNames = [],
  management = DEFAULT_MANAGEMENT_SCHEMA,
}: PlanContext): NamesPlan {
  return planFunctionNames(management, spec, observation, takenNames);
}

function planPrepare(
  { spec, observation, clocks, prepare }: PlanContext,
  parent: ParentShape | undefined,
): PreparedPlan | undefined {
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
function listChanges(topics: Topics): PlannedChange[] {
  const { context, now, parent, created, retired, fallback, named, prepared } = topics;
  const { spec, observation, clocks, management, shown, sourceTriggers } = context;
  const keys = keyChanges(topics);
  const analysis = [planAnalysis(spec, observation, created.creations) ?? []].flat();
  const upkeep = [...fallback.upkeep, ...planTriggers(spec, sourceTriggers), ...named.upkeep, ...analysis];
  return [
    ...(spec.resources === "window" ? keys : []),
    ...planCreateChanges(parent, created.branches, [...created.creations, ...created.restores], management),
    ...(spec.resources === "partition" ? keys : []),
    ...planAlignments(parent, observation, retired.due, shown),
    ...planReadOnly(spec, created, { ledger: observation.ledger, clocks, management }),
    ...(prepared?.changes ?? []),
    ...planRetireChanges(retired, parent, now, management),
    ...listKeptChanges(spec, created, clocks),
    ...(parent ? upkeep : []),
  ];
}

function keyChanges({ context, parent, created }: Topics): Change<"constrain", undefined>[] {
  const { laterKeys, observation, spec } = context;
  if (!laterKeys || !parent) return [];
  const table = { ...parent.root, partitionSchema: parent.partitionSchema };
  return planLaterKeys(laterKeys, table, observation, spec.resources === "partition" ? created.creations : []);
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
