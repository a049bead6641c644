import { branchShape, type NewBranch } from "../../core/levels/create-branch";
import type { Observation } from "../../core/observed";
import { withCreation } from "../../core/plan/default-partition";
import type { LivePlan } from "../../core/plan/live-plan";
import { names, namesBranch } from "../../core/plan/work";
import type { ParentShape } from "../../core/statements/parent";
import { isWorthAnotherLook } from "../../postgres/errors";
import { createBranch } from "../../postgres/work/create-branch";
import { createPartition } from "../../postgres/work/create-partition";
import type { WorkContext } from "../../postgres/work/context";
import type { WindowInputs } from "./window-inputs";
import { rowsAreGone } from "./work";

/** What could not be done, each with its reason; everything else is done all the same. */
export class Failures {
  readonly reasons: string[] = [];
  /** The first that another look at the database may settle. */
  passing: Error | undefined;

  add(subject: string, error: unknown): void {
    if (error instanceof Error && isWorthAnotherLook(error, 0)) this.passing ??= error;
    this.reasons.push(`${subject}: ${error instanceof Error ? error.message : String(error)}`);
  }

  /** What goes wrong in it is told at the end, and stops nothing else. */
  async around<T>(subject: string, otherwise: T, body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      this.add(subject, error);
      return otherwise;
    }
  }
}

/** Only with `resources: "window"`: elsewhere each partition is a resource and makes itself. */
export async function createMissing(
  work: WorkContext,
  parent: ParentShape,
  inputs: WindowInputs,
  live: LivePlan,
  observation: Observation,
  failures: Failures,
): Promise<number> {
  if (inputs.spec.resources !== "window") return 0;
  let made = await createBranches(work, parent, inputs, live, observation, failures);
  let table = parent;
  const due = live.creations.filter((creation) => creation.kind === "create" || creation.kind === "attach");
  for (const [index, creation] of due.entries()) {
    const verb = creation.kind === "attach" ? "attach" : "create";
    if (inputs.complete && !names(inputs.work, verb, creation.partition)) continue;
    if (creation.kind === "create" && creation.lost) work.log.warn(rowsAreGone(creation.partition.name));
    if (index % 50 === 49) work.log.status(`partition ${index + 1} of ${due.length}`);
    try {
      await createPartition(work, creation.branch ? branchShape(table, creation.branch) : table, creation);
      table = withCreation(table, creation);
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

/** A branch that the checked plan did not name came with a value that appeared since: the next update makes it. */
async function createBranches(
  work: WorkContext,
  parent: ParentShape,
  inputs: WindowInputs,
  live: LivePlan,
  observation: Observation,
  failures: Failures,
): Promise<number> {
  let made = 0;
  for (const creation of live.branches) {
    if (work.signal.aborted) break;
    if (inputs.complete && !namesBranch(inputs.work, creation.branch.name)) continue;
    try {
      await createBranch(work, parent, creation, observation);
      made += partitionCount(creation.branch);
    } catch (error) {
      failures.add(`branch "${creation.branch.name}"`, error);
    }
  }
  return made;
}

function partitionCount(branch: NewBranch): number {
  return branch.partitions.length + branch.children.reduce((sum, child) => sum + partitionCount(child), 0);
}
