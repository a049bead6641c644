import { MAX_LISTED_DROPS, MAX_LISTED_STATEMENTS } from "../defaults";
import type { LeafProfile } from "../leaf/profile";
import { branchShape, createBranchSteps } from "../levels/create-branch";
import type { SourceValues } from "../levels/tree";
import type { Observation, ObservedLeaf } from "../observed";
import { NOTHING_PUBLISHED } from "../observed-replication";
import { formatProblem, type Problem } from "../problem";
import { describeUnindexed, unindexedKeysOf } from "../spec/foreign-key-indexes";
import type { IndexSpec, TableSpec, WindowSpec } from "../spec/spec";
import { createPartitionStatements } from "../statements/create-partition";
import { createTableStatements } from "../statements/create-table";
import { observedParent, type ParentShape, plannedParent } from "../statements/parent";
import { reattachStatements } from "../statements/reattach";
import { detachStatement, dropStatements, finalizeStatement } from "../statements/retire";
import { hazardsOf, type Statement, strongestLocks } from "../statements/statement";
import { compareInstants, formatInstant, type Instant } from "../time/instant";
import { covers, formatInterval, type OpenInterval, parseInterval, sameInterval } from "../time/interval";
import { describeWindow, type PlannedWindow, planWindow } from "../window/window";
import { type LeafAlignment, planAlignments } from "./alignment";
import type { Creation } from "./creation";
import { planCleanup } from "./cleanup";
import { type BranchCreation, planCreations } from "./creations";
import { planDefault, withCreation } from "./default-partition";
import { alignEntry, branchEntry, createEntry, keptEntries, retireEntry } from "./entries";
import { planPrepared, type PreparedPlan } from "./prepared";
import type { ReferringRows } from "./referring";
import { replicationWarnings } from "./replication-warnings";
import { type Clocks, decidingNow, planRetirement, type Retirement, type RetirementPlan } from "./retirement";
import { statementLines } from "./statement-text";
import type { DefaultFacts, PlanEntry, WindowPlan, WorkItem } from "./types";
import { tableFacts } from "./table-facts";
import { planAnalysis, type Upkeep } from "./upkeep";

/** A plan with everything that the update needs beside what it shows. */
export interface LivePlan {
  readonly plan: WindowPlan;
  /** The table that it was made for. */
  readonly parent: ParentShape | undefined;
  /** The default partition that there is or will be. */
  readonly defaultPartition: DefaultFacts | undefined;
  readonly work: readonly WorkItem[];
  readonly problems: readonly Problem[];
  readonly creations: readonly Creation[];
  readonly branches: readonly BranchCreation[];
  /** Time partitions that are attached now, in all branches. */
  readonly leaves: readonly ObservedLeaf[];
  /** Worth a word even when nothing is due. */
  readonly warnings: readonly string[];
  readonly alignments: readonly LeafAlignment[];
  readonly retirements: readonly Retirement[];
  /** What is due for the table as a whole, after all the rest. */
  readonly upkeep: readonly Upkeep[];
  /** What the schedule in the database is prepared to make. */
  readonly prepared: PreparedPlan | undefined;
  /** Why nothing is retired although something would be, or might be. */
  readonly stopped: string | undefined;
}

/** A table that is not in the database yet: how it will look, and what will make it. */
export interface PlannedTable {
  readonly parent: ParentShape;
  readonly statements: readonly Statement[];
}

/** What one table is planned from. */
export interface PlanContext {
  readonly spec: WindowSpec;
  /** The window of the last update, from the registry. */
  readonly registered: WindowSpec | undefined;
  /** The moment that the last update planned for. */
  readonly registeredAsOf?: Instant | undefined;
  readonly observation: Observation;
  readonly clocks: Clocks;
  /** What partitions carry, as this run declares it; undefined where the registry has to say it. */
  readonly profile?: LeafProfile | undefined;
  /** Values of the levels that read them from the database. */
  readonly values?: SourceValues;
  /** Oids of partitions without a page; read only where a level cleans up. */
  readonly empty?: ReadonlySet<string>;
  /** What the table's own resource will change, and has shown: policies judge it here. */
  readonly altering?: readonly Statement[];
  /** Indexes that this run declares. */
  readonly indexes?: readonly IndexSpec[];
  /** Rows of other tables that refer to what could leave. */
  readonly referring?: ReferringRows;
  /** The table as it will be, where only this preview knows it. */
  readonly planned: PlannedTable | undefined;
  /** Whether what the schedule makes is planned as well, which renders many partitions. @default true */
  readonly prepare?: boolean;
  /** Statements that this preview has shown already, for the table's own resource. */
  readonly shown?: ReadonlySet<string>;
}

/** Plans one table against the live database. */
export function planAgainstDatabase(context: PlanContext): LivePlan {
  const { spec, registered, observation, clocks } = context;
  const window = planWindow(spec, clocks.asOf);
  const planned = planCreations(spec, window, observation, context.values ?? [], clocks.asOf);
  const { creations, branches } = planned;
  const retirement = withCleanup(
    planRetirement(spec, registered, withLeaves(observation, planned.leaves), clocks, context.referring),
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
  const alignments = planAlignments(parent, observation, retirement.due, context.shown);
  const fallback = planDefault(parent, observation, creations, retirement.due);
  const upkeep = parent ? [...fallback.upkeep, planAnalysis(spec, observation, creations) ?? []].flat() : [];
  const statements = parent
    ? [
        ...(observation.table ? [] : (context.planned?.statements ?? [])),
        ...branchStatements(parent, branches),
        ...creationStatements(parent, creations),
        ...alignments.flatMap((alignment) => alignment.statements),
        ...retirementStatements(parent, retirement.due),
        ...upkeep.flatMap((item) => item.statements),
      ]
    : [];
  const now = decidingNow(clocks);
  const prepared = planPrepared(
    spec,
    observation.table && context.prepare !== false ? schedulable(spec, parent) : [],
    observation.registration,
    clocks,
  );
  const create = [...branches.map(branchEntry), ...creations.flatMap((creation) => createEntry(creation))];
  const align = alignments.map(alignEntry);
  const retire = retirement.due.map((item) => retireEntry(item, now));
  const kept = keptEntries(spec, planned, clocks, now);
  const streams = replicationWarnings(observation, retirement.due);
  return {
    plan: {
      ...summary(window, create, retire, statements, context.altering),
      align: align.slice(0, MAX_LISTED_DROPS),
      alignCount: align.length,
      ...(upkeep.length > 0 ? { upkeep: upkeep.map((item) => item.entry) } : {}),
      ...(fallback.facts ? { defaultPartition: fallback.facts } : {}),
      complete: true,
      ...tableFacts(parent, context.indexes ?? [], observation.role),
      ...previousWindow(registered, window, context.registeredAsOf ?? clocks.asOf),
      leafCount: planned.leaves.length,
      deferred: retirement.deferred.map((item) => retireEntry(item, now)).slice(0, MAX_LISTED_DROPS),
      kept: kept.slice(0, MAX_LISTED_DROPS),
      ...(prepared && prepared.work.length > 0 ? { prepareCount: prepared.partitions.length } : {}),
      notes: [
        ...runwayNotes(window, clocks),
        ...planned.notes,
        ...retirement.notes,
        ...(spec.ownsTable || !observation.table ? [] : unindexedKeysOf(observation.table).map(describeUnindexed)),
        ...fallback.notes,
        ...streams,
        ...observation.obstacles,
      ],
    },
    work: [
      ...(spec.resources === "window" ? creationWork(create) : []),
      ...align.map(workItem),
      ...(prepared?.work ?? []),
      ...retirement.due.map((item) => workItem(retireEntry(item, now))),
      ...upkeep.map((item) => workItem(item.entry)),
    ],
    problems: [
      ...window.problems,
      ...planned.problems,
      ...refusals(spec, creations, retirement.due),
      ...retirement.problems,
      ...fallback.problems,
    ],
    creations,
    branches,
    leaves: planned.leaves,
    warnings: [...planned.warnings, ...fallback.notes, ...streams, ...retirement.deferred.flatMap(referredWarning)],
    alignments,
    retirements: retirement.due,
    upkeep,
    parent,
    defaultPartition: fallback.facts,
    prepared,
    stopped: retirement.stopped,
  };
}

/** What the schedule makes partitions of: the table itself, where no level lies above its time level. */
export function schedulable(spec: WindowSpec, parent: ParentShape | undefined): ParentShape[] {
  return parent && spec.levels.above.length === 0 ? [parent] : [];
}

/** What stops retirement stops this as well; what expires anyway goes the way of the window. */
function withCleanup(retirement: RetirementPlan, cleanup: readonly Retirement[]): RetirementPlan {
  if (retirement.stopped !== undefined || retirement.problems.length > 0) return retirement;
  const going = new Set([...retirement.due, ...retirement.deferred].map((item) => item.oid));
  return { ...retirement, due: [...retirement.due, ...cleanup.filter((item) => !going.has(item.oid))] };
}

/** Retirement looks at time partitions, whatever branch they are in. */
function withLeaves(observation: Observation, leaves: readonly ObservedLeaf[]): Observation {
  return { ...observation, table: observation.table && { ...observation.table, leaves } };
}

/** What other tables keep from leaving is nobody's failure, and goes on being kept until somebody looks at them. */
function referredWarning({ referred, partition, reason }: Retirement): string[] {
  return referred ? [`partition "${partition}" has expired (${reason})`] : [];
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

function branchStatements(parent: ParentShape, branches: readonly BranchCreation[]): Statement[] {
  return branches.flatMap(({ branch, parent: above }) =>
    createBranchSteps(parent, above, branch).flatMap((step) => step.statements),
  );
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

/** The statements of one retirement, in order; the same that the update runs. */
export function statementsOfRetirement(parent: ParentShape, retirement: Retirement): Statement[] {
  const above = retirement.parent ? branchShape(parent, retirement.parent) : parent;
  const retiring = {
    schema: above.schema,
    table: above.table,
    references: parent.references,
    ...(parent.referring ? { referring: parent.referring } : {}),
    defaultPartition: parent.defaultPartition,
  };
  const leaf = { schema: retirement.schema, name: retirement.partition };
  switch (retirement.verb) {
    case "finalize":
      return [finalizeStatement(retiring, leaf)];
    case "detach":
      return [detachStatement(retiring, leaf)];
    case "drop":
      return dropStatements(retiring, leaf);
  }
}

/** Names a due action so that it can be found again in fresh facts. */
export function workItem(item: WorkItem): WorkItem {
  return { verb: item.verb, partition: item.partition, from: item.from, to: item.to };
}

/** Whether a due action of fresh facts is one that the checked plan named. */
export function names(work: readonly WorkItem[], verb: WorkItem["verb"], bounds: OpenInterval): boolean {
  const wanted = formatInterval(bounds);
  return work.some((item) => {
    if (item.verb !== verb) return false;
    const named = `${item.from}/${item.to}`;
    return named === wanted || (verb === "create" && covers(parseInterval(named), bounds));
  });
}

/** A branch is named by its name: its bounds are values. */
export function namesBranch(work: readonly WorkItem[], branch: string): boolean {
  return work.some(
    (item) => item.verb === "create" && (item.partition === branch || /^\d+ partitions$/.test(item.partition)),
  );
}

/** More partitions than this to be made at once are named as one range: state need not list the first thousand. */
const NAMED_CREATIONS = 20;

/** Making a partition loses nothing, so a range names it well enough; what leaves is always named one by one. */
function creationWork(entries: readonly PlanEntry[]): WorkItem[] {
  const created = entries.filter((item) => item.verb === "create");
  const first = created[0];
  const last = created.at(-1);
  if (!first || !last || created.length <= NAMED_CREATIONS) return entries.map(workItem);
  const range: WorkItem = { verb: "create", partition: `${created.length} partitions`, from: first.from, to: last.to };
  return [range, ...entries.filter((item) => item.verb !== "create").map(workItem)];
}

function creationStatements(table: ParentShape, creations: readonly Creation[]): Statement[] {
  let next = table;
  return creations.flatMap((creation) => {
    const parent = next;
    next = withCreation(parent, creation);
    const above = creation.branch ? branchShape(parent, creation.branch) : parent;
    if (creation.kind === "create") return createPartitionStatements(above, creation.partition);
    // Indexes that the detached table lacks are known only when its own indexes have been read.
    if (creation.kind === "attach")
      return reattachStatements(
        { ...above, leafSchema: creation.detached.schema },
        { ...creation.partition, name: creation.detached.name },
        [],
      );
    return [];
  });
}

function retirementStatements(parent: ParentShape, retirements: readonly Retirement[]): Statement[] {
  return retirements.flatMap((retirement) => statementsOfRetirement(parent, retirement));
}

function summary(
  window: PlannedWindow,
  create: readonly PlanEntry[],
  retire: readonly PlanEntry[],
  statements: readonly Statement[],
  altering: readonly Statement[] = [],
): Omit<WindowPlan, "complete" | "align" | "alignCount" | "leafCount" | "deferred" | "kept" | "notes"> {
  const leaving = retire.filter((item) => item.verb !== "finalize");
  const detached = new Set(leaving.filter((item) => item.verb === "detach").map((item) => item.partition));
  const counted = leaving.filter((item) => item.verb === "detach" || !detached.has(item.partition));
  const youngest = leaving.reduce<PlanEntry | undefined>(
    (found, item) => (found && (found.ageDays ?? 0) <= (item.ageDays ?? 0) ? found : item),
    undefined,
  );
  return {
    window: windowText(window),
    createCount: create.length,
    detachCount: detached.size,
    dropCount: leaving.filter((item) => item.verb === "drop").length,
    rows: counted.reduce((sum, item) => sum + (item.rows ?? 0), 0),
    bytes: counted.reduce((sum, item) => sum + (item.bytes ?? 0), 0),
    ...(youngest
      ? { youngestDrop: { partition: youngest.partition, to: youngest.to, ageDays: youngest.ageDays ?? 0 } }
      : {}),
    hazards: hazardsOf([...altering, ...statements]),
    create: create.slice(0, MAX_LISTED_DROPS),
    retire: retire.slice(0, MAX_LISTED_DROPS),
    locks: strongestLocks([...altering, ...statements]),
    statements: statementLines(statements.slice(0, MAX_LISTED_STATEMENTS)),
    statementCount: statements.length,
  };
}

function windowText(window: PlannedWindow): WindowPlan["window"] {
  return {
    from: formatInstant(window.desired[0]?.from ?? window.asOf),
    to: formatInstant(window.runway ?? window.asOf),
    partitions: window.desired.length,
    ...(window.horizon ? { horizon: formatInstant(window.horizon) } : {}),
  };
}

function previousWindow(registered: WindowSpec | undefined, window: PlannedWindow, asOf: Instant): Partial<WindowPlan> {
  if (!registered) return {};
  const before = planWindow(registered, asOf);
  return describeWindow(before) === describeWindow(window) ? {} : { previousWindow: windowText(before) };
}

/** A fixed end that has passed is no error, but writers of today have no partition. */
function runwayNotes(window: PlannedWindow, clocks: Clocks): string[] {
  if (window.runway === undefined || compareInstants(window.runway, clocks.asOf) > 0) return [];
  return [
    `the window ends ${formatInstant(window.runway)}, before the present: rows of today have no partition; extend the lead`,
  ];
}

/**
 * In partition mode each Partition resource refuses for itself, with its own name; only the dropped range is the window's
 * word too. A half-detached one is no refusal of the window: it is about to finish it.
 */
function refusals(spec: WindowSpec, creations: readonly Creation[], finishing: readonly Retirement[]): Problem[] {
  return creations.flatMap((creation) => {
    if (creation.kind !== "refuse") return [];
    if (finishing.some((item) => item.verb === "finalize" && sameInterval(item.bounds, creation.partition))) return [];
    return spec.resources === "window" || creation.problem.code === "dropped-range-returns" ? [creation.problem] : [];
  });
}
