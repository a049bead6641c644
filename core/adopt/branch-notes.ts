import { branchKey } from "../levels/levels";
import {
  describePath,
  desiredBranches,
  flatten,
  goneBranches,
  nameProblems,
  type SourceValues,
} from "../partition/branch/desired-branches";
import type { ObservedTable } from "../observed/observed-table";
import { formatProblem } from "../problems/problem";
import type { WindowSpec } from "../declare/table/spec";

/** Number of branches that a note names before it only counts them. */
const NAMED = 5;

/** Notes declared values without a branch in the table, and branches without a declared value. */
export function branchNotes(spec: WindowSpec, table: ObservedTable, values: SourceValues): string[] {
  if (spec.levels.above.length === 0) return [];
  const desired = desiredBranches(spec, values, table);
  const there = new Set(table.branches.flatMap((branch) => (branch.path ? [branchKey(branch.path)] : [])));
  const missing = [...flatten(desired)].filter(
    (branch) => branch.active && branch.children.length === 0 && !there.has(branchKey(branch.path)),
  );
  const stems = missing.filter((branch) => branch.path.length === spec.levels.above.length);
  const gone = goneBranches(spec, desired, table);
  return [
    ...nameProblems(desired).map(formatProblem),
    ...(stems.length > 0
      ? [
          `the values give branches that the table has not (${named(stems.map((one) => one.path))}): the first update makes them; where says which values are in use`,
        ]
      : []),
    ...(gone.length > 0
      ? [
          `${named(gone.map((one) => one.path ?? []))} is in the table and not among the values: kept, and nothing is added`,
        ]
      : []),
  ];
}

function named(paths: readonly (readonly string[])[]): string {
  const more = paths.length > NAMED ? ` and ${paths.length - NAMED} more` : "";
  return `${paths.slice(0, NAMED).map(describePath).join(", ")}${more}`;
}
