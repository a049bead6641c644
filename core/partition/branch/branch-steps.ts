import { createPartitionStatements } from "../create/partition-statements";
import { attachText, type Cut, buildNewTableStatements, formatHashBound } from "../statements/new-table";
import type { ParentShape } from "../carry/parent";
import type { Hazard, Lock, Statement } from "../../sql/statement";
import type { DesiredPartition } from "../../window/window-partitions";
import { quoteLiteral, quoteQualified } from "../../names/identifier";
import { PLAIN_FORMS } from "../../time/uuid-bounds";
import type { BranchLevel, BranchRef } from "../../levels/levels";

/** A branch to create with everything below it. */
export interface NewBranch {
  readonly name: string;
  readonly path: readonly string[];
  readonly level: BranchLevel;
  /** Its own partitioning. */
  readonly cut: Cut;
  /** Empty directly above the time level. */
  readonly children: readonly NewBranch[];
  /** Its partitions, directly above the time level. */
  readonly partitions: readonly DesiredPartition[];
}

/** One transaction in the creation of a branch, with its ledger entries. */
export interface BranchStep {
  /** `whole`: a branch directly above the time level with all its partitions; a higher one is created and attached separately. */
  readonly kind: "own" | "whole" | "attach";
  readonly path: readonly string[];
  readonly statements: readonly Statement[];
  readonly made: readonly Made[];
}

export interface Made {
  readonly name: string;
  /** Path of the branch itself, or of the one that the partition belongs to. */
  readonly path: readonly string[];
  /** Undefined for a branch. */
  readonly partition: DesiredPartition | undefined;
}

/**
 * Creates a branch bottom-up and attaches it last, so that no session sees half of it. A branch directly above the time level is
 * created with all its partitions in one transaction, which leaves no trace if killed. A higher one is a separate table until its
 * parts exist; an interrupted creation is found in the ledger and resumed.
 *
 * With a foreign key the higher one is attached while empty, and its parts one by one: attached as a whole, it would lock the
 * referenced tables until the keys of all its partitions are created.
 */
export function createBranchSteps(
  root: ParentShape,
  parent: BranchRef,
  branch: NewBranch,
  done: ReadonlySet<string> = new Set(),
): BranchStep[] {
  const self: BranchRef = { schema: root.partitionSchema, name: branch.name, path: branch.path };
  if (branch.children.length === 0) return [planStemStep(root, parent, branch, self)];
  const own = done.has(branch.name) ? [] : [planOwnStep(root, branch, self)];
  const attach = [planAttachStep(root, parent, branch, self)];
  const parts = branch.children
    .filter((child) => !done.has(child.name))
    .flatMap((child) => createBranchSteps(root, self, child, done));
  return root.references.length > 0 ? [...own, ...attach, ...parts] : [...own, ...parts, ...attach];
}

/** Plans one transaction: a branch directly above the time level, its partitions and its ATTACH. */
function planStemStep(root: ParentShape, parent: BranchRef, branch: NewBranch, self: BranchRef): BranchStep {
  const transaction = `create branch ${self.schema}.${self.name}`;
  const shape = deriveBranchShape(root, self);
  const partitions = branch.partitions.flatMap((partition) =>
    // The branch is not visible yet: locks on it block no session, and referenced tables are not touched.
    createPartitionStatements({ ...shape, references: [], referring: [] }, partition).map((statement): Statement => ({
      ...statement,
      transaction,
      timeouts: "light",
      locks: [],
      hazards: [],
    })),
  );
  return {
    kind: "whole",
    path: branch.path,
    statements: [
      ...buildNewTableStatements(shape, { name: branch.name, to: undefined, cut: branch.cut }, transaction),
      ...partitions,
      buildAttachStatement(root, parent, branch, transaction),
    ],
    made: [
      { name: branch.name, path: branch.path, partition: undefined },
      ...branch.partitions.map((partition) => ({ name: partition.name, path: branch.path, partition })),
    ],
  };
}

function planOwnStep(root: ParentShape, branch: NewBranch, self: BranchRef): BranchStep {
  const transaction = `create branch ${self.schema}.${self.name}`;
  return {
    kind: "own",
    path: branch.path,
    statements: buildNewTableStatements(
      deriveBranchShape(root, self),
      { name: branch.name, to: undefined, cut: branch.cut },
      transaction,
    ),
    made: [{ name: branch.name, path: branch.path, partition: undefined }],
  };
}

function planAttachStep(root: ParentShape, parent: BranchRef, branch: NewBranch, self: BranchRef): BranchStep {
  const transaction = `attach branch ${self.schema}.${self.name}`;
  const { path } = branch;
  return { kind: "attach", path, statements: [buildAttachStatement(root, parent, branch, transaction)], made: [] };
}

function buildAttachStatement(root: ParentShape, parent: BranchRef, branch: NewBranch, transaction: string): Statement {
  const visible = parent.path.length === 0 || root.references.length > 0 || root.referring !== undefined;
  const locks: Lock[] = [
    { relation: `${parent.schema}.${parent.name}`, role: "parent", mode: "SHARE UPDATE EXCLUSIVE" },
  ];
  const hazards: Hazard[] = [];
  for (const relation of root.references) {
    locks.push({ relation, role: "referenced", mode: "SHARE ROW EXCLUSIVE" });
    hazards.push("LOCK_REF_WRITE");
  }
  for (const relation of root.referring ?? []) {
    locks.push({ relation, role: "referring", mode: "SHARE ROW EXCLUSIVE" });
    hazards.push("LOCK_REFERRING_WRITE");
  }
  const target = quoteQualified(parent.schema, parent.name);
  const table = quoteQualified(root.partitionSchema, branch.name);
  return {
    sql: attachText(target, table, formatBranchBound(branch)),
    transaction,
    timeouts: visible ? "strong" : "light",
    locks,
    hold: "instant",
    hazards: [...new Set(hazards)],
    undo: `ALTER TABLE ${target} DETACH PARTITION ${table} CONCURRENTLY`,
  };
}

/** Returns the text after ATTACH PARTITION. */
export function formatBranchBound({ path, level }: Pick<NewBranch, "path" | "level">): string {
  const value = path.at(-1) ?? "";
  return level.kind === "hash" ? formatHashBound(level, value) : `FOR VALUES IN (${quoteLiteral(value)})`;
}

/** Returns the parent of partitions as seen from one branch: its own name, everything else as in the table. */
export function deriveBranchShape(root: ParentShape, branch: BranchRef): ParentShape {
  if (branch.path.length === 0) return root;
  return {
    ...root,
    key: deriveBranchKey(root, branch),
    schema: branch.schema,
    table: branch.name,
    path: branch.path,
    defaultPartition: undefined,
    fallback: undefined,
  };
}

/** Returns the key of a branch. Without partitions in it, bounds are written as in the table. */
function deriveBranchKey({ key, branchKeys }: ParentShape, branch: BranchRef): ParentShape["key"] {
  if (key.uuid === undefined) return key;
  return { ...key, uuid: branchKeys?.[`${branch.schema}.${branch.name}`] ?? { ...PLAIN_FORMS, usual: key.uuid.usual } };
}
