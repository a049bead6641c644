import { tableFacts } from "./table-facts";
import { previousWindow, runwayNotes, summary } from "./summary";
import { branchStatements, creationStatements, retirementStatements } from "./statements";
import { MAX_LISTED_DROPS } from "../defaults";
import { siblingNotes } from "../leaf/sibling-notes";
import type { Observation, ObservedLeaf } from "../observed";
import { NOTHING_PUBLISHED } from "../observed-replication";
import { type Problem, formatProblem } from "../problem";
import { describeUnindexed, unindexedKeysOf } from "../spec/foreign-key-indexes";
import type { TableSpec, WindowSpec } from "../spec/spec";
import { createTableStatements } from "../statements/create-table";
import { observedParent, type ParentShape, plannedParent } from "../statements/parent";
import type { Instant } from "../time/instant";
import { planWindow } from "../window/window";
import { describeFailed } from "./backup";
import { planAlignments } from "./alignment";
import { planCleanup } from "./cleanup";
import { decidingNow } from "./clocks";
import type { Creation } from "./creation";
import { planCreations } from "./creations";
import { planDefault } from "./default-partition";
import { alignEntry, branchEntry, createEntry, keptEntries, restoreEntry, retireEntry } from "./entries";
import { planLaterKeys } from "./later-keys";
import type { LivePlan, PlanContext } from "./live-plan";
import { planPrepared } from "./prepared";
import { halfNotes, planReadOnly } from "./read-only";
import { replicationWarnings } from "./replication-warnings";
import { planRetirement } from "./retirement";
import type { Kept } from "./guard";
import { GUARDS, keptStep } from "./guards";
import type { PlanEntry, WindowPlan } from "./types";
import { planAnalysis, planTriggers } from "./upkeep";
import { creationWork, workItem } from "./work";

/** Plans one table against the live database. */
export function planAgainstDatabase(context: PlanContext): LivePlan {
  const { spec, registered, observation, clocks } = context;
  const window = planWindow(spec, clocks.asOf);
  const planned = planCreations(spec, window, observation, context.values ?? [], clocks.asOf, decidingNow(clocks));
  const { creations, branches } = planned;
  const restores = [...creations.filter(({ kind }) => kind === "restore"), ...planned.restores];
  const retirement = planRetirement(
    spec,
    registered,
    withLeaves(observation, planned.leaves),
    clocks,
    context.retiring,
    planCleanup(spec, context.values ?? [], observation, context.empty ?? new Set(), decidingNow(clocks)),
  );
  const parent = observation.table
    ? observedParent(observation.table, spec.key, {
        ...observation,
        profile: context.profile,
        now: decidingNow(clocks),
        levels: spec.levels,
      })
    : context.planned && { ...context.planned.parent, below: spec.levels.below };
  const alignments = [
    ...planAlignments(parent, observation, retirement.due, context.shown),
    ...planReadOnly(spec, planned, { ledger: observation.ledger, clocks, management: context.management }),
  ];
  const fallback = planDefault(parent, observation, creations, retirement.due);
  const keys =
    context.laterKeys && parent
      ? planLaterKeys(
          context.laterKeys,
          { ...parent.root, leafSchema: parent.leafSchema },
          observation,
          spec.resources === "partition" ? creations : [],
        )
      : [];
  const upkeep = parent
    ? [
        ...fallback.upkeep,
        ...planTriggers(spec, context.sourceTriggers),
        planAnalysis(spec, observation, creations) ?? [],
      ].flat()
    : [];
  const statements = parent
    ? [
        ...(observation.table ? [] : (context.planned?.statements ?? [])),
        ...(spec.resources === "window" ? keys.flatMap((item) => item.statements) : []),
        ...branchStatements(parent, branches),
        ...creationStatements(parent, [...creations, ...planned.restores], context.management),
        ...(spec.resources === "partition" ? keys.flatMap((item) => item.statements) : []),
        ...alignments.flatMap((alignment) => alignment.statements),
        ...retirementStatements(parent, retirement.due, context.management),
        ...upkeep.flatMap((item) => item.statements),
      ]
    : [];
  const now = decidingNow(clocks);
  const prepared = planPrepared(
    spec,
    observation.table && context.prepare !== false ? parent : undefined,
    observation.registration,
    clocks,
  );
  const create = [...branches.map(branchEntry), ...creations.flatMap((creation) => createEntry(creation))];
  const restore = restores.flatMap(restoreEntry);
  const align = alignments.map(alignEntry);
  const retire = retirement.due.map((item) => retireEntry(item, now));
  const kept = keptEntries(spec, planned, clocks, now);
  const streams = replicationWarnings(observation, retirement.due);
  return {
    plan: {
      ...summary(window, create, retire, statements, context.altering),
      ...(restore.length > 0 ? { restore } : {}),
      align: align.slice(0, MAX_LISTED_DROPS),
      alignCount: align.length,
      ...(upkeep.length + keys.length > 0 ? { upkeep: [...keys, ...upkeep].map((item) => item.entry) } : {}),
      ...(fallback.facts ? { defaultPartition: fallback.facts } : {}),
      complete: true,
      ...tableFacts(parent, context.indexes ?? [], observation.role),
      ...previousWindow(registered, spec, window, context.registeredAsOf ?? clocks.asOf),
      leafCount: planned.leaves.length,
      deferred: retirement.deferred.map((one) => retireEntry(keptStep(one), now, one.keep)).slice(0, MAX_LISTED_DROPS),
      kept: kept.slice(0, MAX_LISTED_DROPS),
      ...(prepared && prepared.work.length > 0 ? { prepareCount: prepared.count } : {}),
      notes: [
        ...runwayNotes(window, clocks),
        ...planned.notes,
        ...retirement.notes,
        ...foreignNotes(planned.leaves),
        ...halfNotes(spec, observation, clocks, restores),
        ...(spec.ownsTable || !observation.table ? [] : unindexedKeysOf(observation.table).map(describeUnindexed)),
        ...fallback.notes,
        ...streams,
        ...disagreements(parent),
        ...observation.obstacles,
      ],
    },
    work: [
      ...(spec.resources === "window" ? creationWork(create) : []),
      ...restore.map(workItem),
      ...align.map(workItem),
      ...(prepared?.work ?? []),
      ...retirement.due.map((item) => workItem(retireEntry(item, now))),
      ...[...keys, ...upkeep].map((item) => workItem(item.entry)),
    ],
    problems: [
      ...window.problems,
      ...planned.problems,
      ...refusals(spec, creations),
      ...planned.restores.flatMap((one) => (one.kind === "refuse" ? [one.problem] : [])),
      ...retirement.problems,
      ...fallback.problems,
    ],
    creations,
    restores,
    branches,
    leaves: planned.leaves,
    warnings: [
      ...planned.warnings,
      ...fallback.notes,
      ...streams,
      ...unanswered(context, retirement.stopped),
      ...retirement.deferred.flatMap(keptWarning),
      ...keys.flatMap(({ entry, statements }) => (statements.length === 0 ? [entry.reason] : [])),
    ],
    alignments,
    retirements: retirement.due,
    upkeep,
    parent,
    defaultPartition: fallback.facts,
    prepared,
    stopped: retirement.stopped,
  };
}

/** What is not declared is as each partition has it. */
function disagreements(parent: ParentShape | undefined): string[] {
  const { siblings, profile } = parent?.carried ?? {};
  return parent && profile && siblings ? siblingNotes({ schema: parent.root.schema, profile, siblings }) : [];
}

/** Retirement looks at time partitions, whatever branch they are in. */
function withLeaves(observation: Observation, leaves: readonly ObservedLeaf[]): Observation {
  return { ...observation, table: observation.table && { ...observation.table, leaves } };
}

/** What cannot be answered keeps everything from being retired: better known before something is due. */
function unanswered({ retiring }: PlanContext, stopped: string | undefined): string[] {
  if (retiring?.unread !== undefined) return stopped === undefined ? [] : [stopped];
  const failed = retiring?.backup?.failed;
  return failed === undefined ? [] : [describeFailed(failed)];
}

/** What keeps a partition until it is looked at is no failure, and a warning in each update. */
function keptWarning(kept: Kept): string[] {
  if (!GUARDS[kept.keep.by].warns) return [];
  const { table, reason } = keptStep(kept);
  return [`partition "${table.name}" has expired (${reason})`];
}

/** What is not done for them is said in every plan. */
function foreignNotes(leaves: readonly ObservedLeaf[]): string[] {
  return leaves
    .filter((leaf) => leaf.foreign)
    .map(
      ({ name }) =>
        `"${name}" is a foreign table: its rows are elsewhere, and it has no index, row security, replica identity or storage of ours`,
    );
}

/** Plans without a database: what the components pass, and what remains when the database cannot be reached. Drops nothing. */
export function planFromSpec(spec: TableSpec, asOf: Instant, because: string): WindowPlan {
  const window = planWindow(spec.window, asOf);
  const parent = plannedParent(spec, { now: asOf, levels: spec.window.levels });
  const { creations, branches, problems } = planCreations(spec.window, window, nothingObserved(asOf), [], asOf);
  const create = [...branches.map(branchEntry), ...creations.flatMap(createEntry)].map((item): PlanEntry => ({
    ...item,
    reason: "in the window; the database was not asked whether it exists",
  }));
  const fallback = planDefault(parent, nothingObserved(asOf), creations, []);
  const statements = [
    ...(spec.columns ? createTableStatements(spec) : []),
    ...branchStatements(parent, branches),
    ...creationStatements(parent, creations),
    ...fallback.upkeep.flatMap((item) => item.statements),
  ];
  return {
    ...summary(window, create, [], statements),
    ...(fallback.facts ? { defaultPartition: fallback.facts } : {}),
    align: [],
    alignCount: 0,
    complete: false,
    // Without columns nobody knows the type of the key yet.
    ...tableFacts(spec.columns ? parent : undefined, spec.indexes, undefined),
    incompleteBecause: because,
    leafCount: window.desired.length,
    deferred: [],
    kept: [],
    notes: problems.map(formatProblem),
  };
}

function nothingObserved(now: Instant): Observation {
  return {
    table: undefined,
    registration: undefined,
    ledger: [],
    detached: [],
    defaultGrantees: [],
    replication: NOTHING_PUBLISHED,
    now,
    obstacles: [],
  };
}

/**
 * In partition mode each Partition resource refuses for itself, with its own name; only the dropped range is the window's
 * word too.
 */
function refusals(spec: WindowSpec, creations: readonly Creation[]): Problem[] {
  return creations.flatMap((creation) => {
    if (creation.kind !== "refuse") return [];
    return spec.resources === "window" || creation.problem.code === "dropped-range-returns" ? [creation.problem] : [];
  });
}
