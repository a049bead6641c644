import { deriveBranchShape, type NewBranch } from "../partition/branch/branch-steps";
import { describePath } from "../partition/branch/desired-branches";
import type { ParentShape } from "../partition/carry/parent";
import type { Statement } from "../sql/statement";
import { formatInstant } from "../time/instant";
import { spanOf } from "../time/interval";
import type { DesiredPartition } from "../window/window-partitions";
import { type Change, toSizeFacts } from "./change/change";
import type { Creation } from "./create/creation";
import type { BranchCreation } from "../partition/branch/new-branches";
import { applyCreation } from "./upkeep/plan-default";
import { buildBranchStatements, buildCreationStatements } from "./create/step-statements";

/** A branch with its contents, or a partition that is created, attached again or restored. */
export type CreateStep =
  | { readonly kind: "branch"; readonly branch: BranchCreation }
  | { readonly kind: "partition"; readonly creation: DueCreation };

type DueCreation = Extract<Creation, { readonly kind: "create" | "attach" | "restore" }>;

type CreateChange = Change<"create" | "attach" | "restore", CreateStep>;

/** Plans a change for each partition that the window or `restored` lacks, each on the table as the one before leaves it. */
export function planCreateChanges(
  parent: ParentShape | undefined,
  branches: readonly BranchCreation[],
  creations: readonly Creation[],
  management?: string,
): CreateChange[] {
  let table = parent;
  return [
    ...branches.map((branch) => buildBranchChange(branch, parent ? buildBranchStatements(parent, branch) : [])),
    ...creations.flatMap((creation) => {
      if (creation.kind === "present" || creation.kind === "refuse") return [];
      const above = table && creation.branch ? deriveBranchShape(table, creation.branch) : table;
      const options = management === undefined ? {} : { management };
      const change = buildCreationChange(creation, above ? buildCreationStatements(above, creation, options) : []);
      table = table && applyCreation(table, creation);
      return [change];
    }),
  ];
}

/** Plans a branch with its contents as one change: its partitions follow from the window. */
function buildBranchChange(creation: BranchCreation, statements: readonly Statement[]): CreateChange {
  const { branch } = creation;
  const partitions = [...listPartitionsBelow(branch)];
  return {
    verb: "create",
    section: "create",
    subject: branch.name,
    bounds: spanOf(partitions) ?? { from: undefined, to: undefined },
    reasons: [`new branch ${describePath(branch.path)} with ${partitions.length} partitions`],
    facts: {},
    statements,
    step: { kind: "branch", branch: creation },
  };
}

function* listPartitionsBelow(branch: NewBranch): Generator<DesiredPartition> {
  yield* branch.partitions;
  for (const child of branch.children) yield* listPartitionsBelow(child);
}

function buildCreationChange(creation: DueCreation, statements: readonly Statement[]): CreateChange {
  return {
    verb: creation.kind,
    bounds: creation.partition,
    statements,
    step: { kind: "partition", creation },
    ...describeCreation(creation),
  };
}

/** Describes a creation; rows and bytes of a restored partition are those of its archive. */
function describeCreation(creation: DueCreation): Pick<CreateChange, "subject" | "section" | "reasons" | "facts"> {
  const { partition } = creation;
  switch (creation.kind) {
    case "create": {
      const lost = "was dropped outside Pulumi, its rows are gone; created again, empty";
      const reason = creation.lost ? lost : "in the window and missing";
      return { subject: partition.name, section: "create", reasons: [reason], facts: {} };
    }
    case "attach": {
      const { name, detachedAt } = creation.detached;
      const why = creation.readOnly ? "named in restored, read-only" : "back in the window";
      return {
        subject: name,
        section: creation.readOnly ? "restore" : "create",
        reasons: [`detached ${formatInstant(detachedAt)}, ${why}`],
        facts: toSizeFacts(creation.detached),
      };
    }
    case "restore": {
      const readOnly = creation.readOnly ? ", read-only" : "";
      const reason = `named in restored${readOnly}; its archive is ${creation.archive.manifest}`;
      return { subject: partition.name, section: "restore", reasons: [reason], facts: toSizeFacts(creation.archive) };
    }
  }
}
