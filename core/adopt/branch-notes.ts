import { branchKey } from "../levels/levels";
import {
  describePath,
  desiredBranches,
  flatten,
  goneBranches,
  nameProblems,
  type SourceValues,
} from "../partition/branch/tree";
import type { ObservedTable } from "../observed/table";
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
          `the values name branches that the table does not have (${named(stems.map((one) => one.path))}): the first update creates them; where selects the values in use`,
        ]
      : []),
    ...(gone.length > 0
      ? [
          `${named(gone.map((one) => one.path ?? []))} is in the table and not among the values: left in place, nothing is added`,
        ]
      : []),
  ];
}

function named(paths: readonly (readonly string[])[]): string {
  const more = paths.length > NAMED ? ` and ${paths.length - NAMED} more` : "";
  return `${paths.slice(0, NAMED).map(describePath).join(", ")}${more}`;
}
