import { encodeBranchPath } from "../../core/levels/levels";
import {
  type BranchStep,
  createBranchSteps,
  type Made,
  type NewBranch,
} from "../../core/partition/branch/branch-steps";
import { describePath } from "../../core/partition/branch/desired-branches";
import type { DetachedTable } from "../../core/observed/ledger";
import type { Observation } from "../../core/observed/observed-table";
import type { BranchCreation } from "../../core/partition/branch/new-branches";
import type { ParentShape } from "../../core/partition/carry/parent";
import type { Statement } from "../../core/sql/statement";
import { recordLedgerStatement } from "../registry/ledger";
import type { WorkContext } from "./work-context";

/**
 * Creates a branch with everything below it, step by step; each step is a transaction with its rows of the ledger. A branch of an
 * interrupted run, recorded but without a parent, is found by the ledger and resumed. A partition that fails does not prevent the
 * others; a branch without any is not attached, because it could hold no row.
 */
export async function createBranch(
  work: WorkContext,
  root: ParentShape,
  creation: BranchCreation,
  observation: Observation,
): Promise<void> {
  const done = await readStanding(work, creation, observation);
  const steps = createBranchSteps(root, creation.parent, creation.branch, done);
  const tried = new Attempts(creation);
  for (const [index, step] of steps.entries()) {
    if (tried.isVain(step)) {
      tried.skip(step);
      continue;
    }
    if (steps.length > 2) work.log.status(`branch ${creation.branch.name}: step ${index + 1} of ${steps.length}`);
    const subject = `creating branch "${creation.branch.name}" of "${root.root.schema}.${root.root.table}"`;
    try {
      await work.database.execute(addRecords(work, root, step), { signal: work.signal, log: work.log, subject });
    } catch (error) {
      if (work.signal.aborted) throw error;
      tried.fail(step, error);
    }
  }
  tried.finish();
}

/** Failed steps of a branch, and the steps that they rule out. */
class Attempts {
  private readonly failed: { readonly step: BranchStep; readonly error: unknown }[] = [];
  private readonly partsOf = new Map<string, number>();

  constructor(creation: BranchCreation) {
    const count = (branch: NewBranch): void => {
      this.partsOf.set(encodeBranchPath(branch.path), branch.children.length);
      branch.children.forEach(count);
    };
    count(creation.branch);
  }

  fail(step: BranchStep, error: unknown): void {
    this.failed.push({ step, error });
    this.skip(step);
  }

  /** Skips a step. A branch counts at its ATTACH, not at its own table. */
  skip(step: BranchStep): void {
    if (step.kind === "own") return;
    const above = encodeBranchPath(step.path.slice(0, -1));
    this.partsOf.set(above, (this.partsOf.get(above) ?? 0) - 1);
  }

  /** Returns true for steps below a failed table, and for the ATTACH of a branch without partitions. */
  isVain(step: BranchStep): boolean {
    const below = this.failed.some(
      ({ step: { kind, path } }) => kind === "own" && path.every((value, index) => value === step.path[index]),
    );
    return below || (step.kind === "attach" && this.partsOf.get(encodeBranchPath(step.path)) === 0);
  }

  finish(): void {
    const [first] = this.failed;
    if (!first) return;
    if (this.failed.length === 1 && first.step.path.length === 1) throw first.error;
    const reasons = this.failed.map(({ step, error }) => `${describePath(step.path)}: ${getMessage(error)}`);
    throw new Error(reasons.join("; "), { cause: first.error });
  }
}

function getMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Returns the names of the branches that exist already, unattached: the one to create, and those attached to it. */
async function readStanding(
  work: WorkContext,
  creation: BranchCreation,
  observation: Observation,
): Promise<ReadonlySet<string>> {
  const key = encodeBranchPath(creation.branch.path);
  const left = observation.detached.find((table) => isBranch(table, key) && table.name === creation.branch.name);
  if (!left) return new Set();
  const { table } = await work.database.observe(left.schema, left.name);
  return new Set([left.name, ...(table?.branches ?? []).map((branch) => branch.partition.name)]);
}

/** Returns true for a branch: in the ledger it has no bounds of time, unlike a partition. */
function isBranch(table: DetachedTable, key: string): boolean {
  return table.branch === key && table.bounds.from === undefined && table.bounds.to === undefined;
}

function addRecords(work: WorkContext, root: ParentShape, step: BranchStep): Statement[] {
  const transaction = step.statements.at(-1)?.transaction;
  return [...step.statements, ...step.made.map((made) => ({ ...record(work, root, made), transaction }))];
}

function record(work: WorkContext, root: ParentShape, made: Made): Statement {
  return recordLedgerStatement(work.management, {
    schema: root.root.schema,
    table: root.root.table,
    partition: made.name,
    partitionSchema: root.partitionSchema,
    branch: encodeBranchPath(made.path),
    bounds: made.partition ?? { from: undefined, to: undefined },
    event: "created",
    run: work.run,
    detail: {},
  });
}
