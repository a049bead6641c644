import { archiveRowsStatement } from "../../archive/table-sql";
import { DEFAULT_MANAGEMENT_SCHEMA } from "../../defaults";
import { deriveBranchShape, createBranchSteps } from "../../partition/branch/branch-steps";
import type { DetachedTable } from "../../observed/ledger";
import { createPartitionStatements } from "../../partition/create/partition-statements";
import type { ParentIndex, ParentShape } from "../../partition/carry/parent";
import { reattachStatements } from "../../partition/create/reattach";
import { restoreStatements } from "../../partition/create/restored-table";
import {
  countStatement,
  detachStatement,
  dropForeignStatement,
  dropStatements,
  exportStatement,
  fenceStatement,
  finalizeStatement,
  keepReadOnlyStatement,
  unfenceStatement,
} from "../../partition/statements/retire-statements";
import type { Statement } from "../../sql/statement";
import type { Creation } from "./creation";
import type { BranchCreation } from "../../partition/branch/new-branches";
import { type Export, needsArchive, type Retirement } from "../retire/retiring";

/** Returns the statements that create a branch, in order. */
export function buildBranchStatements(root: ParentShape, { branch, parent }: BranchCreation): Statement[] {
  return createBranchSteps(root, parent, branch).flatMap((step) => step.statements);
}

/** Returns the statements of one retirement, in order; the update runs the same ones. */
export function buildRetirementStatements(
  parent: ParentShape,
  step: Retirement,
  management = DEFAULT_MANAGEMENT_SCHEMA,
): Statement[] {
  const { table } = step;
  const above = table.parent ? deriveBranchShape(parent, table.parent) : parent;
  const retiring = {
    schema: above.schema,
    table: above.table,
    references: table.references ?? parent.references,
    ...(parent.referring ? { referring: parent.referring } : {}),
    defaultPartition: parent.defaultPartition,
  };
  const partition = { schema: table.schema, name: table.name, parts: table.parts ?? [] };
  switch (step.verb) {
    case "finalize":
      return step.left ? [] : [finalizeStatement(retiring, partition)];
    case "detach":
      return [detachStatement(retiring, partition)];
    case "archive":
      return [
        fenceStatement({ management, references: retiring.references }, partition),
        exportStatement(partition),
        ...buildTableExportStatements(step.into),
      ];
    case "drop":
      if (table.foreign) return [dropForeignStatement(partition)];
      if (!needsArchive(step)) return dropStatements(retiring, partition);
      // Closing the table to writes has dropped its foreign keys.
      return [countStatement(partition), ...dropStatements({ ...retiring, references: [] }, partition)];
  }
}

function buildTableExportStatements(table: Export["into"]): Statement[] {
  return table ? [archiveRowsStatement(table, table.url !== undefined)] : [];
}

/** Details of attaching a detached table again that only reading it shows. */
export interface WayBack {
  /** Indexes of the parent that it lacks. */
  readonly missing: readonly ParentIndex[];
  /** Statements that correct its access and shape before it becomes a partition again. */
  readonly before: readonly Statement[];
}

/** For a table that has not been read: a preview shows the statements that any such table needs. */
const UNREAD: WayBack = { missing: [], before: [] };

/**
 * Returns the statements that create a partition or bring it back; the same for preview and update. Empty: it exists, or is
 * refused.
 */
export function buildCreationStatements(
  parent: ParentShape,
  creation: Creation,
  options: { readonly management?: string; readonly wayBack?: WayBack; readonly drain?: boolean } = {},
): Statement[] {
  const { management = DEFAULT_MANAGEMENT_SCHEMA, wayBack = UNREAD } = options;
  switch (creation.kind) {
    case "create":
      return createPartitionStatements(parent, creation.partition, options);
    case "restore":
      return restoreStatements(parent, creation, management);
    case "attach":
      return [
        ...buildOpeningStatements(creation, management),
        ...wayBack.before,
        ...reattachStatements(
          { ...parent, partitionSchema: creation.detached.schema },
          { ...creation.partition, name: creation.detached.name, parts: creation.detached.parts ?? [] },
          wayBack.missing,
          options,
        ),
      ];
    case "present":
    case "refuse":
      return [];
  }
}

/**
 * Opens a table that was closed for its archive before it is attached again. A table that comes back outside the window is closed
 * in another way instead, so that it is open at no moment and has the rights of its siblings.
 */
function buildOpeningStatements(
  { detached, readOnly }: { readonly detached: DetachedTable; readonly readOnly?: true },
  management: string,
): Statement[] {
  if (readOnly) return [keepReadOnlyStatement(management, detached)];
  return detached.fenced ? [unfenceStatement(management, detached)] : [];
}
