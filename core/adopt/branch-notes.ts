import { encodeBranchPath } from "../levels/levels";
import {
  describePaths,
  listDesiredBranches,
  flatten,
  findGoneBranches,
  findNameProblems,
  type SourceValues,
} from "../partition/branch/desired-branches";
import type { ObservedTable } from "../observed/observed-table";
import { formatProblem } from "../problems/problem";
import type { WindowSpec } from "../declare/table/spec";

/** Notes declared values without a branch in the table, and branches without a declared value. */
export function noteBranches(spec: WindowSpec, table: ObservedTable, values: SourceValues): string[] {
  if (spec.levels.above.length === 0) return [];
  const desired = listDesiredBranches(spec, values, table);
  const there = new Set(table.branches.flatMap((branch) => (branch.path ? [encodeBranchPath(branch.path)] : [])));
  const missing = [...flatten(desired)].filter(
    (branch) => branch.active && branch.children.length === 0 && !there.has(encodeBranchPath(branch.path)),
  );
  const stems = missing.filter((branch) => branch.path.length === spec.levels.above.length);
  const gone = findGoneBranches(spec, desired, table);
  return [
    ...findNameProblems(desired).map(formatProblem),
    ...(stems.length > 0
      ? [
          `the values name branches that the table does not have (${describePaths(stems.map((one) => one.path))}): the first update creates them; where selects the values in use`,
        ]
      : []),
    ...(gone.length > 0
      ? [
          `${describePaths(gone.map((one) => one.path ?? []))} is in the table and not among the values: left in place, nothing is added`,
        ]
      : []),
  ];
}
