import { deriveBranchShape, type NewBranch } from "../../../core/partition/branch/branch-steps";
import { applyCreation } from "../../../core/plan/upkeep/plan-default";
import type { BranchCreation } from "../../../core/partition/branch/new-branches";
import { dueIn } from "../../../core/plan/table-plan";
import { hasWork, hasBranchWork } from "../../../core/plan/change/work";
import { createBranch } from "../../../postgres/work/create-branch";
import { createPartition } from "../../../postgres/work/create-partition";
import type { Turn } from "./window-turn";
import { nameTableArguments } from "../shared/judge";
import { describeGoneRows } from "../shared/run-context";

/** Does nothing unless `resources` is "window": otherwise each partition is a resource and creates itself. */
export async function createMissing(turn: Turn): Promise<number> {
  const { failures, inputs, planned, parent, runtime, work } = turn;
  if (inputs.spec.resources !== "window") return 0;
  const steps = dueIn(planned.changes, "create").map(({ step }) => step);
  const branches = steps.flatMap((step) => (step.kind === "branch" ? [step.branch] : []));
  let made = await createBranches(turn, branches);
  let table = parent;
  const due = steps.flatMap((step) => (step.kind === "partition" ? [step.creation] : []));
  for (const [index, creation] of due.entries()) {
    if (inputs.complete && !hasWork(inputs.work, creation.kind, creation.partition)) continue;
    if (creation.kind === "create" && creation.lost) work.log.warn(describeGoneRows(creation.partition.name));
    if (index % 50 === 49) work.log.status(`partition ${index + 1} of ${due.length}`);
    try {
      const shape = creation.branch ? deriveBranchShape(table, creation.branch) : table;
      const create = (): Promise<void> => createPartition(work, shape, creation);
      await nameTableArguments(runtime, inputs.spec, "it was not created", create);
      table = applyCreation(table, creation);
      made += 1;
    } catch (error) {
      failures.add(`partition "${creation.partition.name}"`, error);
      if (work.signal.aborted) break;
    }
  }
  try {
    if (made > 0) await work.database.flush(inputs.spec, { log: work.log });
  } catch (error) {
    failures.add(`partitions of "${inputs.spec.schema}.${inputs.spec.table}"`, error);
  }
  return made;
}

/** Creates the branches of the checked plan; one for a value added since waits for the next update. */
async function createBranches(
  { failures, inputs, observation, parent, runtime, work }: Turn,
  branches: readonly BranchCreation[],
): Promise<number> {
  let made = 0;
  for (const creation of branches) {
    if (work.signal.aborted) break;
    if (inputs.complete && !hasBranchWork(inputs.work, creation.branch.name)) continue;
    try {
      const create = (): Promise<void> => createBranch(work, parent, creation, observation);
      await nameTableArguments(runtime, inputs.spec, "it was not created", create);
      made += countPartitionsBelow(creation.branch);
    } catch (error) {
      failures.add(`branch "${creation.branch.name}"`, error);
    }
  }
  return made;
}

function countPartitionsBelow(branch: NewBranch): number {
  return branch.partitions.length + branch.children.reduce((sum, child) => sum + countPartitionsBelow(child), 0);
}
