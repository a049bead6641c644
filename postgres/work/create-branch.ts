import { branchKey } from "../../core/levels/levels";
import { type BranchStep, createBranchSteps, type Made } from "../../core/levels/create-branch";
import type { DetachedTable } from "../../core/ledger";
import type { Observation } from "../../core/observed";
import type { BranchCreation } from "../../core/plan/creations";
import type { ParentShape } from "../../core/statements/parent";
import type { Statement } from "../../core/statements/statement";
import { ledgerStatement } from "../registry";
import type { WorkContext } from "./context";

/**
 * Makes a branch with everything below it, step by step; each step is a transaction with its rows of the ledger. What an
 * interrupted run left behind, a table of ours without a parent, is found by the ledger and gone on with.
 */
export async function createBranch(
  work: WorkContext,
  root: ParentShape,
  creation: BranchCreation,
  observation: Observation,
): Promise<void> {
  const done = await standing(work, creation, observation);
  const steps = createBranchSteps(root, creation.parent, creation.branch, done);
  for (const [index, step] of steps.entries()) {
    if (steps.length > 2) work.log.status(`branch ${creation.branch.name}: step ${index + 1} of ${steps.length}`);
    await work.database.execute(withRecords(work, root, step), {
      signal: work.signal,
      log: work.log,
      subject: `creating branch "${creation.branch.name}" of "${root.root.schema}.${root.root.table}"`,
    });
  }
}

/** Names of the branches that stand already, unattached: the one that is to be made, and those attached to it. */
async function standing(
  work: WorkContext,
  creation: BranchCreation,
  observation: Observation,
): Promise<ReadonlySet<string>> {
  const key = branchKey(creation.branch.path);
  const left = observation.detached.find((table) => isBranch(table, key) && table.name === creation.branch.name);
  if (!left) return new Set();
  const { table } = await work.database.observe(left.schema, left.name);
  return new Set([left.name, ...(table?.branches ?? []).map((branch) => branch.leaf.name)]);
}

/** Partitions have bounds of time in the ledger; branches have none. */
function isBranch(table: DetachedTable, key: string): boolean {
  return table.branch === key && table.bounds.from === undefined && table.bounds.to === undefined;
}

function withRecords(work: WorkContext, root: ParentShape, step: BranchStep): Statement[] {
  const transaction = step.statements.at(-1)?.transaction;
  return [...step.statements, ...step.made.map((made) => ({ ...record(work, root, made), transaction }))];
}

function record(work: WorkContext, root: ParentShape, made: Made): Statement {
  return ledgerStatement(work.management, {
    schema: root.root.schema,
    table: root.root.table,
    partition: made.name,
    partitionSchema: root.leafSchema,
    branch: branchKey(made.path),
    bounds: made.partition ?? { from: undefined, to: undefined },
    event: "created",
    run: work.run,
    detail: {},
  });
}
