import { quote, quoteQualified } from "../../names/identifier";
import { attachStatement, type NewPartition, addFilledLocks } from "../statements/attach-partition";
import { formatPartitionIndexName } from "../statements/new-table";
import type { ParentShape } from "../carry/parent";
import type { Statement } from "../../sql/statement";
import { buildHoldingCheck } from "../../observed/key-excludes";
import { buildNewDefaultStatements } from "./new-default";
import type { DefaultShape } from "../carry/default-shape";
import {
  addDefaultCheck,
  dropDefaultCheck,
  lockParent,
  buildDefaultStatement,
  quoteDefault,
  validateDefaultCheck,
} from "./default-statements";

/**
 * Turns the default partition into the partition of the one range that all its rows belong to, and creates an empty one in its
 * place. No row moves or becomes invisible: a CHECK first proves, without blocking other sessions, that it holds nothing else;
 * then names and bounds change in one short transaction that reads nothing. Until it ends, rows outside every range are refused
 * with 23514.
 */
export function convertDefaultStatements(
  parent: ParentShape,
  shape: DefaultShape,
  partition: NewPartition,
  transaction: string,
): Statement[] {
  const range = { from: partition.from, to: partition.to };
  const check = buildHoldingCheck(parent.key, range);
  const there = shape.checks.find((one) => one.name === check.name);
  const label = `${shape.schema}.${shape.name}`;
  const renamed: DefaultShape = { ...shape, name: partition.name };
  const stale = [...shape.checks.filter((one) => one.name !== check.name), check];
  return [
    ...(there ? [] : [addDefaultCheck(shape, `exclude ${label}`, check, false)]),
    ...(there?.validated ? [] : [validateDefaultCheck(shape, `validate ${label}`, check)]),
    lockParent(parent, transaction, "ACCESS EXCLUSIVE"),
    buildDefaultStatement(
      shape,
      transaction,
      `ALTER TABLE ${quoteQualified(parent.schema, parent.table)} DETACH PARTITION ${quoteDefault(shape)}`,
      { mode: "ACCESS EXCLUSIVE", undo: "the same transaction attaches it again" },
    ),
    rename(shape, transaction, `ALTER TABLE ${quoteDefault(shape)} RENAME TO ${quote(partition.name)}`),
    ...parent.indexes.map((index) =>
      rename(
        shape,
        transaction,
        `ALTER INDEX IF EXISTS ${quoteQualified(shape.schema, formatPartitionIndexName(parent, shape.name, index))} RENAME TO ${quote(formatPartitionIndexName(parent, partition.name, index))}`,
      ),
    ),
    addFilledLocks(attachStatement({ ...parent, defaultPartition: undefined }, partition, transaction), parent),
    ...stale
      .map((one) => dropDefaultCheck(renamed, transaction, one))
      .map((statement) => ({ ...statement, locks: [] })),
    // PartitionWindow adds its CHECK: what else this update attaches is not known here.
    ...buildNewDefaultStatements(parent, shape.name, [], transaction),
  ];
}

/** Renames under the lock that the transaction already holds. */
function rename(shape: DefaultShape, transaction: string, sql: string): Statement {
  return {
    ...buildDefaultStatement(shape, transaction, sql, { mode: "ACCESS EXCLUSIVE", undo: "rename it back" }),
    locks: [],
  };
}
