import { MAX_LISTED_DROPS, MAX_LISTED_STATEMENTS } from "../defaults";
import type { Observation } from "../observed";
import type { Problem } from "../problem";
import type { TableSpec, WindowSpec } from "../spec/spec";
import { createPartitionStatements } from "../statements/create-partition";
import { createTableStatements } from "../statements/create-table";
import { observedParent, type ParentShape, plannedParent } from "../statements/parent";
import { reattachStatements } from "../statements/reattach";
import { detachStatement, dropStatements, finalizeStatement } from "../statements/retire";
import { hazardsOf, type Statement, strongestLocks } from "../statements/statement";
import { compareInstants, formatInstant, type Instant, wholeDays } from "../time/instant";
import { covers, formatInterval, intervalKey, type OpenInterval, parseInterval, sameInterval } from "../time/interval";
import { describeWindow, hasExpired, type PlannedWindow, planWindow } from "../window/window";
import { type Creation, planCreation } from "./creation";
import { type Clocks, decidingHorizon, decidingNow, planRetirement, type Retirement } from "./retirement";
import { statementLines } from "./statement-text";
import type { PlanEntry, WindowPlan, WorkItem } from "./types";

/** A plan with everything that the update needs beside what it shows. */
export interface LivePlan {
  readonly plan: WindowPlan;
  readonly work: readonly WorkItem[];
  readonly problems: readonly Problem[];
  readonly creations: readonly Creation[];
  readonly retirements: readonly Retirement[];
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
  /** The table as it will be, where only this preview knows it. */
  readonly planned: PlannedTable | undefined;
}

/** Plans one table against the live database. */
export function planAgainstDatabase(context: PlanContext): LivePlan {
  const { spec, registered, observation, clocks } = context;
  const window = planWindow(spec, clocks.asOf);
  const creations = window.desired.map((partition) => planCreation(spec, partition, observation));
  const retirement = planRetirement(spec, registered, observation, clocks);
  const parent = observation.table
    ? observedParent(observation.table, spec.key, observation.registration?.indexes ?? [])
    : context.planned?.parent;
  const statements = parent
    ? [
        ...(observation.table ? [] : (context.planned?.statements ?? [])),
        ...creationStatements(parent, creations),
        ...retirementStatements(parent, retirement.due),
      ]
    : [];
  const now = decidingNow(clocks);
  const create = creations.flatMap((creation) => createEntry(creation));
  const retire = retirement.due.map((item) => retireEntry(item, now));
  const kept = keptEntries(spec, observation, window, clocks, now);
  return {
    plan: {
      ...summary(window, create, retire, statements),
      complete: true,
      ...previousWindow(registered, window, context.registeredAsOf ?? clocks.asOf),
      leafCount: observation.table?.leaves.length ?? 0,
      deferred: retirement.deferred.map((item) => retireEntry(item, now)).slice(0, MAX_LISTED_DROPS),
      kept: kept.slice(0, MAX_LISTED_DROPS),
      notes: [...runwayNotes(window, clocks), ...retirement.notes, ...observation.obstacles],
    },
    work: [
      ...(spec.resources === "window" ? creationWork(create) : []),
      ...retirement.due.map((item) => workItem(retireEntry(item, now))),
    ],
    problems: [...window.problems, ...refusals(spec, creations, retirement.due), ...retirement.problems],
    creations,
    retirements: retirement.due,
    stopped: retirement.stopped,
  };
}

/** Plans without a database: what the components pass, and what remains when the database cannot be reached. Drops nothing. */
export function planFromSpec(spec: TableSpec, asOf: Instant, because: string): WindowPlan {
  const window = planWindow(spec.window, asOf);
  const parent = plannedParent(spec);
  const create = window.desired.map((partition): PlanEntry => ({
    ...entry("create", partition.name, partition),
    reason: "in the window; the database was not asked whether it exists",
  }));
  const statements = [
    ...(spec.columns ? createTableStatements(spec) : []),
    ...window.desired.flatMap((partition) => createPartitionStatements(parent, partition)),
  ];
  return {
    ...summary(window, create, [], statements),
    complete: false,
    incompleteBecause: because,
    leafCount: window.desired.length,
    deferred: [],
    kept: [],
    notes: [],
  };
}

/** The statements of one retirement, in order; the same that the update runs. */
export function statementsOfRetirement(parent: ParentShape, retirement: Retirement): Statement[] {
  const retiring = {
    schema: parent.schema,
    table: parent.table,
    references: parent.references,
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

function creationStatements(parent: ParentShape, creations: readonly Creation[]): Statement[] {
  return creations.flatMap((creation) => {
    if (creation.kind === "create") return createPartitionStatements(parent, creation.partition);
    // Indexes that the detached table lacks are known only when its own indexes have been read.
    if (creation.kind === "attach")
      return reattachStatements(parent, { ...creation.partition, name: creation.detached.name }, []);
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
): Omit<WindowPlan, "complete" | "leafCount" | "deferred" | "kept" | "notes"> {
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
    hazards: hazardsOf(statements),
    create: create.slice(0, MAX_LISTED_DROPS),
    retire: retire.slice(0, MAX_LISTED_DROPS),
    locks: strongestLocks(statements),
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

/** Leaves that the window does not want and that have not expired: shown, never swept. */
function keptEntries(
  spec: WindowSpec,
  observation: Observation,
  window: PlannedWindow,
  clocks: Clocks,
  now: Instant,
): PlanEntry[] {
  const horizon = decidingHorizon(spec, clocks);
  const wanted = new Set(window.desired.map(intervalKey));
  return (observation.table?.leaves ?? [])
    .filter((leaf) => leaf.bounds !== undefined && !hasExpired(leaf.bounds.to, horizon))
    .filter((leaf) => leaf.bounds !== undefined && !wanted.has(intervalKey(leaf.bounds)))
    .map((leaf) => ({
      ...entry("detach", leaf.name, leaf.bounds ?? { from: undefined, to: undefined }),
      bytes: roundBytes(leaf.bytes),
      ...(leaf.rows === undefined ? {} : { rows: leaf.rows }),
      ...(leaf.bounds?.to ? { ageDays: wholeDays(leaf.bounds.to, now) } : {}),
      reason: "outside the window and not expired: kept",
    }));
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

function createEntry(creation: Creation): PlanEntry[] {
  switch (creation.kind) {
    case "create":
      return [
        {
          ...entry("create", creation.partition.name, creation.partition),
          reason: creation.lost
            ? "was dropped outside Pulumi, its rows are gone; made anew, empty"
            : "in the window and missing",
        },
      ];
    case "attach":
      return [
        {
          ...entry("attach", creation.detached.name, creation.partition),
          reason: `detached ${formatInstant(creation.detached.detachedAt)}, back in the window`,
          bytes: roundBytes(creation.detached.bytes),
          ...(creation.detached.rows === undefined ? {} : { rows: creation.detached.rows }),
        },
      ];
    case "present":
    case "refuse":
      return [];
  }
}

function retireEntry(item: Retirement, now: Instant): PlanEntry {
  return {
    ...entry(item.verb, item.partition, item.bounds),
    bytes: roundBytes(item.bytes),
    reason: item.reason,
    ...(item.rows === undefined ? {} : { rows: item.rows }),
    ...(item.bounds.to ? { ageDays: wholeDays(item.bounds.to, now) } : {}),
    ...(item.dropAfter ? { dropOn: formatInstant(item.dropAfter) } : {}),
  };
}

function entry(verb: PlanEntry["verb"], partition: string, bounds: OpenInterval): Omit<PlanEntry, "reason"> {
  const [from = "..", to = ".."] = formatInterval(bounds).split("/");
  return { verb, partition, from, to };
}

/** Two significant digits: a plan must not differ from run to run because a page was written. */
function roundBytes(bytes: number): number {
  return bytes === 0 ? 0 : Number(bytes.toPrecision(2));
}
