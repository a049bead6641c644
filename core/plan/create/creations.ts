import { encodeBranchPath } from "../../levels/levels";
import { type BranchCreation, listMissingBranches } from "../../partition/branch/new-branches";
import {
  getBranchSpec,
  describePath,
  describePaths,
  NAMED_BRANCHES,
  type DesiredBranch,
  listDesiredBranches,
  flatten,
  findGoneBranches,
  findNameProblems,
  findStems,
  type SourceValues,
  listTimePartitions,
} from "../../partition/branch/desired-branches";
import type { DetachedTable, LedgerEntry } from "../../observed/ledger";
import type { Observation, ObservedBranch, ObservedPartition } from "../../observed/observed-table";
import type { Problem } from "../../problems/problem";
import type { WindowSpec } from "../../declare/table/spec";
import type { Instant } from "../../time/instant";
import { toIntervalKey } from "../../time/interval";
import { type DesiredPartition, type PlannedWindow, planWindow } from "../../window/window-partitions";
import { type Creation, planCreation } from "./creation";
import { planRestores } from "./restores";

/** Everything to be created, over all branches. */
export interface PlannedCreations {
  readonly creations: readonly Creation[];
  /** Partitions that come back outside the window. */
  readonly restores: readonly Creation[];
  readonly branches: readonly BranchCreation[];
  /** Time partitions of the whole table, in any branch. */
  readonly partitions: readonly ObservedPartition[];
  /** True if the window of its branch wants the partition. */
  readonly wants: (partition: ObservedPartition) => boolean;
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
  const wanted = new Set(window.desired.map(toIntervalKey));
  return {
    creations: window.desired.map((partition) => planCreation(spec, partition, observation)),
    restores: planRestores(spec, window.desired, observation, now),
    branches: [],
    partitions: listTimePartitions(spec, observation.table),
    wants: (partition) => partition.bounds !== undefined && wanted.has(toIntervalKey(partition.bounds)),
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
  const desired = listDesiredBranches(spec, values, observation.table);
  const stems = findStems(spec, observation.table);
  const history = groupByBranch(observation);
  const wanted = new Map<string, ReadonlySet<string>>();
  const restores: Creation[] = [];
  const creations = listStems(spec, desired).flatMap((stem) => {
    const key = encodeBranchPath(stem.path);
    const found = stems.get(key);
    const partitions = listPartitions(spec, stem, asOf, found?.partition.name);
    wanted.set(key, new Set(partitions.map(toIntervalKey)));
    if (!found) return [];
    const ref = { schema: found.partition.schema, name: found.partition.name, path: stem.path };
    const view = { ...history(key), ...narrowToBranch(observation, found) };
    restores.push(...planRestores(spec, partitions, view, now).map((one): Creation => ({ ...one, branch: ref })));
    if (!stem.active) return [];
    return partitions.map((partition): Creation => ({ ...planCreation(spec, partition, view), branch: ref }));
  });
  const root = { schema: spec.schema, name: spec.table, path: [] };
  const branches = listMissingBranches(spec, { table: observation.table, root }, desired, (stem) =>
    stem.active ? listPartitions(spec, stem, asOf) : [],
  );
  return {
    creations,
    restores,
    branches,
    partitions: listTimePartitions(spec, observation.table),
    wants: (partition) =>
      partition.bounds !== undefined &&
      (wanted.get(encodeBranchPath(partition.parent?.path ?? []))?.has(toIntervalKey(partition.bounds)) ?? false),
    notes: [...noteEnded(desired, stems), ...noteRenamed(desired)],
    warnings: [...warnOfGone(spec, desired, observation), ...warnOfNameless(desired)],
    problems: findNameProblems(desired),
  };
}

/** Lists the branches directly above the time level. */
function listStems(spec: WindowSpec, desired: readonly DesiredBranch[]): DesiredBranch[] {
  return [...flatten(desired)].filter((branch) => branch.path.length === spec.levels.above.length);
}

/** Names partitions after the branch that they are in; an adopted branch keeps its name. */
function listPartitions(
  spec: WindowSpec,
  branch: DesiredBranch,
  asOf: Instant,
  name = branch.name,
): readonly DesiredPartition[] {
  return planWindow(getBranchSpec(spec, branch.path), asOf, name).desired;
}

/** Returns the table as one branch sees it: with its own partitions. */
function narrowToBranch(observation: Observation, stem: ObservedBranch): Pick<Observation, "table"> {
  return { table: observation.table && { ...observation.table, partitions: stem.partitions } };
}

/** Groups ledger and detached tables by branch; sorted once, because there may be thousands. */
function groupByBranch(observation: Observation): (key: string) => Observation {
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

function noteEnded(desired: readonly DesiredBranch[], stems: ReadonlyMap<string, ObservedBranch>): string[] {
  const ended = [...flatten(desired)].filter((branch) => !branch.active && stems.has(encodeBranchPath(branch.path)));
  if (ended.length === 0) return [];
  return [
    `${describePaths(ended.map((branch) => branch.path))} ended: existing partitions remain under the window, nothing is added`,
  ];
}

/** Reports it before the creation: a search for the name by the naming rule would fail. */
function noteRenamed(desired: readonly DesiredBranch[]): string[] {
  const missing = [...flatten(desired)].filter(
    (branch) => branch.active && !branch.nameless && branch.name !== branch.wanted && !branch.standing,
  );
  return missing
    .slice(0, NAMED_BRANCHES)
    .map(
      ({ path, name, wanted }) =>
        `the branch ${describePath(path)} is called "${name}", because "${wanted}" is the name of another`,
    );
}

/** Values read from a table never stop an update: the row has no partition until its value changes. */
function warnOfNameless(desired: readonly DesiredBranch[]): string[] {
  const nameless = [...flatten(desired)].filter((branch) => branch.active && branch.nameless && !branch.given);
  return nameless
    .slice(0, NAMED_BRANCHES)
    .map(
      ({ path, name }) =>
        `${describePath(path)} is left out, and its rows are refused: a branch of another level is called "${name}" too. Put {base} into the name of that level, or change the value`,
    );
}

function warnOfGone(spec: WindowSpec, desired: readonly DesiredBranch[], observation: Observation): string[] {
  const gone = findGoneBranches(spec, desired, observation.table);
  if (gone.length === 0) return [];
  return [
    `${describePaths(gone.map((branch) => branch.path ?? []))} is in the table and no longer declared or in its source of values: left in place, nothing is added`,
  ];
}
