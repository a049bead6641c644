import type { BranchRef } from "../../levels/levels";
import { encodeBranchPath } from "../../levels/levels";
import type { WindowSpec } from "../../declare/table/spec";
import type { ObservedBranch, ObservedTable } from "../../observed/observed-table";
import type { DesiredPartition } from "../../window/window-partitions";
import type { Cut } from "../statements/new-table";
import type { NewBranch } from "./branch-steps";
import type { DesiredBranch } from "./desired-branches";

/** A branch that does not exist, and the table that it is to be attached to. */
export interface BranchCreation {
  readonly branch: NewBranch;
  readonly parent: BranchRef;
}

/** What decides how a table and its branches are cut. */
type CutSpec = Pick<WindowSpec, "levels"> & { readonly key: Pick<WindowSpec["key"], "column"> };

/**
 * Lists the outermost missing branches, each with everything below it that gets partitions.
 *
 * @param root the table that has the branches
 * @param listPartitions partitions of a branch directly above the time level; none: it is not created
 */
export function listMissingBranches(
  spec: CutSpec,
  { table, root }: { readonly table: ObservedTable | undefined; readonly root: BranchRef },
  desired: readonly DesiredBranch[],
  listPartitions: (stem: DesiredBranch) => readonly DesiredPartition[],
): BranchCreation[] {
  const found = new Map<string, ObservedBranch>();
  for (const branch of table?.branches ?? []) if (branch.path) found.set(encodeBranchPath(branch.path), branch);
  const listBelow = (branches: readonly DesiredBranch[], parent: BranchRef): BranchCreation[] =>
    branches.flatMap((branch) => {
      const there = found.get(encodeBranchPath(branch.path));
      if (there)
        return listBelow(branch.children, {
          schema: there.partition.schema,
          name: there.partition.name,
          path: branch.path,
        });
      const made = planBranch(spec, branch, listPartitions);
      return made ? [{ branch: made, parent }] : [];
    });
  return listBelow(desired, root);
}

/** Returns undefined if nothing below the branch gets a partition, so that it would hold nothing. */
function planBranch(
  spec: CutSpec,
  branch: DesiredBranch,
  listPartitions: (stem: DesiredBranch) => readonly DesiredPartition[],
): NewBranch | undefined {
  if (branch.nameless) return undefined;
  const { name, path, level } = branch;
  const isStem = path.length === spec.levels.above.length;
  const children = branch.children.flatMap((child) => planBranch(spec, child, listPartitions) ?? []);
  const partitions = isStem ? listPartitions(branch) : [];
  if (children.length + partitions.length === 0) return undefined;
  return { name, path, level, cut: cutBelow(spec, path), children, partitions };
}

/** Returns how the table, or a branch of it, is partitioned itself. */
export function cutBelow({ levels, key }: CutSpec, path: readonly string[] = []): Cut {
  const next = levels.above[path.length];
  return next ? { strategy: next.kind, column: next.column } : { strategy: "range", column: key.column };
}
