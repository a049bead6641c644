import type { ObservedPartition } from "../observed/observed-table";
import type { ParentShape } from "../partition/carry/parent";
import { noteSiblingDifferences } from "../partition/carry/sibling-notes";
import type { Statement } from "../sql/statement";
import { describeUnindexed, findUnindexedKeysInCatalogue } from "../table/compare/foreign-key-indexes";
import { noteUnfinishedRestores } from "./align/read-only";
import { type Change, listEntries } from "./change/change";
import { describePreviousWindow, noteRunway, computeSummary } from "./report/report";
import { collectTableFacts } from "./change/table-facts";
import type { PlanReport } from "./change/plan-types";
import { listWork } from "./change/work";
import { toChanges, listRestores, planTopics, type Topics } from "./plan-changes";
import { warnOfKept } from "./retire-changes";
import { describeFailed } from "./retire/backup-guard";
import { warnOfReplication } from "./retire/replication-warnings";
import { dueIn, type PlanContext, type PlannedChange, type TablePlan } from "./table-plan";

/** Plans one table against the live database, with everything that preview, policies and state show of it. */
export function planTable(context: PlanContext): TablePlan {
  const topics = planTopics(context);
  const planned = toChanges(topics);
  const { created, fallback, retired } = topics;
  const streams = warnOfReplication(context.observation, retired.due);
  return {
    ...planned,
    plan: describePlan(topics, planned.changes, streams),
    work: listWork(planned.changes, context.spec),
    warnings: [
      ...created.warnings,
      ...fallback.notes,
      ...streams,
      ...unanswered(topics),
      ...warnOfKept(retired.deferred),
      ...absentKeys(planned.changes),
    ],
  };
}

function describePlan(topics: Topics, changes: readonly PlannedChange[], published: readonly string[]): PlanReport {
  const { context, parent, created, fallback } = topics;
  const { window } = created;
  const { spec, registered, observation, clocks } = context;
  const align = listEntries(changes, "align");
  const [prepare] = dueIn(changes, "prepare");
  return {
    ...computeSummary(
      window,
      listEntries(changes, "create"),
      listEntries(changes, "retire"),
      buildStatements(topics, changes),
      context.besides,
    ),
    restore: listEntries(changes, "restore"),
    align,
    alignCount: align.length,
    upkeep: listEntries(changes, "upkeep"),
    ...(fallback.facts ? { defaultPartition: fallback.facts } : {}),
    complete: true,
    ...collectTableFacts(parent, context.indexes ?? [], observation.role),
    ...describePreviousWindow(registered, spec, window, context.registeredAsOf ?? clocks.asOf),
    partitionCount: created.partitions.length,
    deferred: listEntries(changes, "later"),
    kept: listEntries(changes, "kept"),
    ...(prepare ? { prepareCount: prepare.step.count } : {}),
    notes: notesOf(topics, published),
  };
}

/** Returns all statements; those of the table itself come first if it does not exist yet. */
function buildStatements({ context, parent }: Topics, changes: readonly Change[]): Statement[] {
  if (!parent) return [];
  const own = context.observation.table ? [] : (context.planned?.statements ?? []);
  return [...own, ...changes.flatMap(({ statements }) => statements)];
}

function notesOf({ context, parent, created, retired }: Topics, published: readonly string[]): string[] {
  const { spec, observation, clocks } = context;
  return [
    ...noteRunway(created.window, clocks),
    ...created.notes,
    ...retired.notes,
    ...foreignNotes(created.partitions),
    ...noteUnfinishedRestores(spec, observation, clocks, listRestores(created)),
    ...(spec.ownsTable || !observation.table
      ? []
      : findUnindexedKeysInCatalogue(observation.table).map(describeUnindexed)),
    ...published,
    ...disagreements(parent),
    ...observation.obstacles,
  ];
}

/** Reports undeclared properties in which partitions disagree. */
function disagreements(parent: ParentShape | undefined): string[] {
  const { siblings, profile } = parent?.carried ?? {};
  return parent && profile && siblings ? noteSiblingDifferences({ schema: parent.root.schema, profile, siblings }) : [];
}

/** Reports facts that cannot be read, which stop all retirement, before anything is due. */
function unanswered({ context: { retiring }, retired: { stopped } }: Topics): string[] {
  if (retiring?.unread !== undefined) return stopped === undefined ? [] : [stopped];
  const failed = retiring?.backup?.failed;
  return failed === undefined ? [] : [describeFailed(failed)];
}

function absentKeys(changes: readonly Change[]): string[] {
  return changes.flatMap(({ keep }) => (keep?.by === "absent" ? [keep.reason] : []));
}

/** Notes in every plan what is not done for foreign tables. */
function foreignNotes(partitions: readonly ObservedPartition[]): string[] {
  return partitions
    .filter((partition) => partition.foreign)
    .map(
      ({ name }) =>
        `"${name}" is a foreign table: its rows are elsewhere, and it has no managed index, row security, replica identity or storage`,
    );
}
