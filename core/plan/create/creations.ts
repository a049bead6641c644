import { branchKey, type BranchRef } from "../../levels/levels";
import type { NewBranch } from "../../partition/branch/create-branch";
import {
  branchSpec,
  describePath,
  type DesiredBranch,
  desiredBranches,
  flatten,
  goneBranches,
  nameProblems,
  observedStems,
  type SourceValues,
  timeLeaves,
} from "../../partition/branch/tree";
import type { DetachedTable, LedgerEntry } from "../../observed/ledger";
import type { Observation, ObservedBranch, ObservedLeaf } from "../../observed/table";
import type { Problem } from "../../problems/problem";
import type { WindowSpec } from "../../declare/table/spec";
import type { Instant } from "../../time/instant";
import { intervalKey } from "../../time/interval";
import { type DesiredPartition, type PlannedWindow, planWindow } from "../../window/window";
import { type Creation, planCreation } from "./creation";
import { planRestores } from "./restores";

/** A branch that does not exist, and the table that it is to be attached to. */
export interface BranchCreation {
  readonly branch: NewBranch;
  readonly parent: BranchRef;
}

/** Everything to be created, over all branches. */
export interface PlannedCreations {
  readonly creations: readonly Creation[];
  /** Partitions that come back outside the window. */
  readonly restores: readonly Creation[];
  readonly branches: readonly BranchCreation[];
  /** Time partitions of the whole table, in any branch. */
  readonly leaves: readonly ObservedLeaf[];
  /** True if the window of its branch wants the partition. */
  readonly wants: (leaf: ObservedLeaf) => boolean;
  readonly notes: readonly string[];
  /** Reported even if nothing is pending. */
  readonly warnings: readonly string[];
  readonly problems: readonly Problem[];
}

/** Plans the creations of all branches. A table partitioned by time alone is its own and only branch. */
export function planCreations(
  spec: WindowSpec,
  window: PlannedWindow,
  observation: Observation,
  values: SourceValues,
  asOf: Instant,
  now = asOf,
): PlannedCreations {
  if (spec.levels.above.length > 0) return planBranches(spec, observation, values, asOf, now);
  const wanted = new Set(window.desired.map(intervalKey));
  return {
    creations: window.desired.map((partition) => planCreation(spec, partition, observation)),
    restores: planRestores(spec, window.desired, observation, now),
    branches: [],
    leaves: timeLeaves(spec, observation.table),
    wants: (leaf) => leaf.bounds !== undefined && wanted.has(intervalKey(leaf.bounds)),
    notes: [],
    warnings: [],
    problems: [],
  };
}

function planBranches(
  spec: WindowSpec,
  observation: Observation,
  values: SourceValues,
  asOf: Instant,
  now: Instant,
): PlannedCreations {
  const desired = desiredBranches(spec, values, observation.table);
  const stems = observedStems(spec, observation.table);
  const history = byBranch(observation);
  const wanted = new Map<string, ReadonlySet<string>>();
  const restores: Creation[] = [];
  const creations = stemsOf(spec, desired).flatMap((stem) => {
    const key = branchKey(stem.path);
    const found = stems.get(key);
    const partitions = partitionsOf(spec, stem, asOf, found?.leaf.name);
    wanted.set(key, new Set(partitions.map(intervalKey)));
    if (!found) return [];
    const ref = { schema: found.leaf.schema, name: found.leaf.name, path: stem.path };
    const view = { ...history(key), ...seenFrom(observation, found) };
    restores.push(...planRestores(spec, partitions, view, now).map((one): Creation => ({ ...one, branch: ref })));
    if (!stem.active) return [];
    return partitions.map((partition): Creation => ({ ...planCreation(spec, partition, view), branch: ref }));
  });
  const branches = missingBranches(spec, observation, desired, asOf);
  return {
    creations,
    restores,
    branches,
    leaves: timeLeaves(spec, observation.table),
    wants: (leaf) =>
      leaf.bounds !== undefined &&
      (wanted.get(branchKey(leaf.parent?.path ?? []))?.has(intervalKey(leaf.bounds)) ?? false),
    notes: [...endedNotes(desired, stems), ...renamedNotes(desired)],
    warnings: [...goneWarnings(spec, desired, observation), ...namelessWarnings(desired)],
    problems: nameProblems(desired),
  };
}

/** Lists the branches directly above the time level. */
function stemsOf(spec: WindowSpec, desired: readonly DesiredBranch[]): DesiredBranch[] {
  return [...flatten(desired)].filter((branch) => branch.path.length === spec.levels.above.length);
}

/** Names partitions after the branch that they are in; an adopted branch keeps its name. */
function partitionsOf(
  spec: WindowSpec,
  branch: DesiredBranch,
  asOf: Instant,
  name = branch.name,
): readonly DesiredPartition[] {
  return planWindow(branchSpec(spec, branch.path), asOf, name).desired;
}

/** Returns the table as one branch sees it: with its own partitions. */
function seenFrom(observation: Observation, stem: ObservedBranch): Pick<Observation, "table"> {
  return { table: observation.table && { ...observation.table, leaves: stem.leaves } };
}

/** Groups ledger and detached tables by branch; sorted once, because there may be thousands. */
function byBranch(observation: Observation): (key: string) => Observation {
  const ledger = new Map<string, LedgerEntry[]>();
  const detached = new Map<string, DetachedTable[]>();
  for (const entry of observation.ledger) push(ledger, entry.branch, entry);
  for (const table of observation.detached) push(detached, table.branch, table);
  return (key) => ({ ...observation, ledger: ledger.get(key) ?? [], detached: detached.get(key) ?? [] });
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/** Lists the outermost missing branches, each with everything in use below it. */
function missingBranches(
  spec: WindowSpec,
  observation: Observation,
  desired: readonly DesiredBranch[],
  asOf: Instant,
): BranchCreation[] {
  const found = new Map<string, ObservedBranch>();
  for (const branch of observation.table?.branches ?? []) if (branch.path) found.set(branchKey(branch.path), branch);
  const below = (branches: readonly DesiredBranch[], parent: BranchRef): BranchCreation[] =>
    branches.flatMap((branch) => {
      const there = found.get(branchKey(branch.path));
      if (there) return below(branch.children, { schema: there.leaf.schema, name: there.leaf.name, path: branch.path });
      const made = newBranch(spec, branch, asOf);
      return made ? [{ branch: made, parent }] : [];
    });
  return below(desired, { schema: spec.schema, name: spec.table, path: [] });
}

/** Returns undefined if nothing below the branch is in use, so that it would hold nothing. */
function newBranch(spec: WindowSpec, branch: DesiredBranch, asOf: Instant): NewBranch | undefined {
  if (!branch.active || branch.nameless) return undefined;
  const next = spec.levels.above[branch.path.length];
  const cut = next
    ? { strategy: next.kind, column: next.column }
    : { strategy: "range" as const, column: spec.key.column };
  const children = branch.children.flatMap((child) => newBranch(spec, child, asOf) ?? []);
  if (next && children.length === 0) return undefined;
  const { name, path, level } = branch;
  return { name, path, level, cut, children, partitions: next ? [] : partitionsOf(spec, branch, asOf) };
}

/** Number of values that a note names before it only counts them. */
const NAMED = 5;

function endedNotes(desired: readonly DesiredBranch[], stems: ReadonlyMap<string, ObservedBranch>): string[] {
  const ended = [...flatten(desired)].filter((branch) => !branch.active && stems.has(branchKey(branch.path)));
  if (ended.length === 0) return [];
  return [
    `${named(ended.map((branch) => branch.path))} ended: existing partitions remain under the window, nothing is added`,
  ];
}

/** Reports it before the creation: a search for the name by the naming rule would fail. */
function renamedNotes(desired: readonly DesiredBranch[]): string[] {
  const missing = [...flatten(desired)].filter(
    (branch) => branch.active && !branch.nameless && branch.name !== branch.wanted && !branch.standing,
  );
  return missing
    .slice(0, NAMED)
    .map(
      ({ path, name, wanted }) =>
        `the branch ${describePath(path)} is called "${name}", because "${wanted}" is the name of another`,
    );
}

/** Values read from a table never stop an update: the row has no partition until its value changes. */
function namelessWarnings(desired: readonly DesiredBranch[]): string[] {
  const nameless = [...flatten(desired)].filter((branch) => branch.active && branch.nameless && !branch.given);
  return nameless
    .slice(0, NAMED)
    .map(
      ({ path, name }) =>
        `${describePath(path)} is left out, and its rows are refused: a branch of another level is called "${name}" too. Put {base} into the name of that level, or change the value`,
    );
}

function goneWarnings(spec: WindowSpec, desired: readonly DesiredBranch[], observation: Observation): string[] {
  const gone = goneBranches(spec, desired, observation.table);
  if (gone.length === 0) return [];
  return [
    `${named(gone.map((branch) => branch.path ?? []))} is in the table and no longer declared or in its source of values: left in place, nothing is added`,
  ];
}

function named(paths: readonly (readonly string[])[]): string {
  const more = paths.length > NAMED ? ` and ${paths.length - NAMED} more` : "";
  return `${paths.slice(0, NAMED).map(describePath).join(", ")}${more}`;
}
