import { quote, quoteQualified } from "../../names/identifier";
import { attachStatement, type NewPartition, withFilledLocks } from "../statements/attach-partition";
import { leafIndexName } from "../statements/new-table";
import type { ParentShape } from "../carry/parent";
import type { Statement } from "../../sql/statement";
import { holdingCheck, stretchesOf } from "../../observed/key-excludes";
import { newDefaultStatements } from "./new-default";
import type { DefaultShape } from "../carry/default-shape";
import { addCheck, dropCheck, lockParent, onDefault, tableOf, validateCheck } from "./default-statements";

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
  const check = holdingCheck(parent.key, range);
  const there = shape.checks.find((one) => one.name === check.name);
  const label = `${shape.schema}.${shape.name}`;
  const renamed: DefaultShape = { ...shape, name: partition.name };
  const stale = [...shape.checks.filter((one) => one.name !== check.name), check];
  return [
    ...(there ? [] : [addCheck(shape, `exclude ${label}`, check, false)]),
    ...(there?.validated ? [] : [validateCheck(shape, `validate ${label}`, check)]),
    lockParent(parent, transaction, "ACCESS EXCLUSIVE"),
    onDefault(
      shape,
      transaction,
      `ALTER TABLE ${quoteQualified(parent.schema, parent.table)} DETACH PARTITION ${tableOf(shape)}`,
      { mode: "ACCESS EXCLUSIVE", undo: "the same transaction attaches it again" },
    ),
    rename(shape, transaction, `ALTER TABLE ${tableOf(shape)} RENAME TO ${quote(partition.name)}`),
    ...parent.indexes.map((index) =>
      rename(
        shape,
        transaction,
        `ALTER INDEX IF EXISTS ${quoteQualified(shape.schema, leafIndexName(parent, shape.name, index))} RENAME TO ${quote(leafIndexName(parent, partition.name, index))}`,
      ),
    ),
    withFilledLocks(attachStatement({ ...parent, defaultPartition: undefined }, partition, transaction), parent),
    ...stale.map((one) => dropCheck(renamed, transaction, one)).map((statement) => ({ ...statement, locks: [] })),
    ...newDefaultStatements(parent, shape.name, stretchesOf([...shape.stretches, range]), transaction),
  ];
}

/** Renames under the lock that the transaction already holds. */
function rename(shape: DefaultShape, transaction: string, sql: string): Statement {
  return { ...onDefault(shape, transaction, sql, { mode: "ACCESS EXCLUSIVE", undo: "rename it back" }), locks: [] };
}
