import { MAX_LISTED_DROPS } from "../defaults";
import type { ObservedLeaf } from "../observed/table";
import type { ParentShape } from "../partition/carry/parent";
import { siblingNotes } from "../partition/carry/sibling-notes";
import type { Statement } from "../sql/statement";
import { describeUnindexed, unindexedKeysOf } from "../table/compare/foreign-key-indexes";
import { halfNotes } from "./align/read-only";
import { type Change, entriesIn } from "./change/change";
import { previousWindow, runwayNotes, summary } from "./change/summary";
import { tableFacts } from "./change/table-facts";
import type { WindowPlan } from "./change/types";
import { workOf } from "./change/work";
import { changesOf, listRestores, planTopics, type Topics } from "./plan-changes";
import { keptWarnings } from "./retire-changes";
import { describeFailed } from "./retire/backup";
import { replicationWarnings } from "./retire/replication-warnings";
import { dueIn, type PlanContext, type PlannedChange, type TablePlan } from "./table-plan";

/** Plans one table against the live database, with everything that preview, policies and state show of it. */
export function planTable(context: PlanContext): TablePlan {
  const topics = planTopics(context);
  const planned = changesOf(topics);
  const { created, fallback, retired } = topics;
  const streams = replicationWarnings(context.observation, retired.due);
  return {
    ...planned,
    plan: describePlan(topics, planned.changes, [...fallback.notes, ...streams]),
    work: workOf(planned.changes, context.spec),
    warnings: [
      ...created.warnings,
      ...fallback.notes,
      ...streams,
      ...unanswered(topics),
      ...keptWarnings(retired.deferred),
      ...absentKeys(planned.changes),
    ],
  };
}

function describePlan(topics: Topics, changes: readonly PlannedChange[], published: readonly string[]): WindowPlan {
  const { context, parent, created, fallback } = topics;
  const { window } = created;
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
      statementsOf(topics, changes),
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
    notes: notesOf(topics, published),
  };
}

/** Returns all statements; those of the table itself come first if it does not exist yet. */
function statementsOf({ context, parent }: Topics, changes: readonly Change[]): Statement[] {
  if (!parent) return [];
  const own = context.observation.table ? [] : (context.planned?.statements ?? []);
  return [...own, ...changes.flatMap(({ statements }) => statements)];
}

function notesOf({ context, parent, created, retired }: Topics, published: readonly string[]): string[] {
  const { spec, observation, clocks } = context;
  return [
    ...runwayNotes(created.window, clocks),
    ...created.notes,
    ...retired.notes,
    ...foreignNotes(created.leaves),
    ...halfNotes(spec, observation, clocks, listRestores(created)),
    ...(spec.ownsTable || !observation.table ? [] : unindexedKeysOf(observation.table).map(describeUnindexed)),
    ...published,
    ...disagreements(parent),
    ...observation.obstacles,
  ];
}

/** Reports undeclared properties in which partitions disagree. */
function disagreements(parent: ParentShape | undefined): string[] {
  const { siblings, profile } = parent?.carried ?? {};
  return parent && profile && siblings ? siblingNotes({ schema: parent.root.schema, profile, siblings }) : [];
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
function foreignNotes(leaves: readonly ObservedLeaf[]): string[] {
  return leaves
    .filter((leaf) => leaf.foreign)
    .map(
      ({ name }) =>
        `"${name}" is a foreign table: its rows are elsewhere, and it has no managed index, row security, replica identity or storage`,
    );
}
