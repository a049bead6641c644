import { quoteList, quoteQualified } from "../../names/identifier";
import type { DesiredPartition } from "../../window/window";
import { ownTriggerStatements } from "../carry/newborn-statements";
import { createLeafIndexText, newbornOf, newTableStatements } from "../statements/new-table";
import type { ParentIndex, ParentShape } from "../carry/parent";
import { reattachStatements } from "./reattach";
import { keepReadOnlyStatement } from "../statements/retire";
import type { Statement } from "../../sql/statement";

/**
 * A table as its siblings are, which nobody sees as a partition yet: closed, with their keys, owner, rights and row security. What
 * a load is quicker without comes after it.
 */
export function restoredTableStatements(parent: ParentShape, partition: DesiredPartition): Statement[] {
  const indexes = parent.indexes.filter((index) => !comesLater(index));
  const transaction = `make ${parent.leafSchema}.${partition.name}`;
  return newTableStatements(
    { ...parent, indexes },
    { name: partition.name, to: partition.to, cut: undefined, rowsFirst: true },
    transaction,
  );
}

/** What comes when the rows are in: indexes that take the rows at once and identify none, and triggers, to which they are no news. */
export function laterTexts(parent: ParentShape, partition: DesiredPartition): string[] {
  const table = { name: partition.name, to: partition.to, cut: undefined };
  const relation = { schema: parent.leafSchema, name: partition.name, role: "leaf" as const, fresh: true };
  const { triggers } = newbornOf(parent, table);
  return [
    ...parent.indexes.filter(comesLater).map((index) => createLeafIndexText(parent, partition.name, index)),
    ...triggers.flatMap((trigger) => ownTriggerStatements(relation, "", trigger)).map(({ sql }) => sql),
  ];
}

function comesLater(index: ParentIndex): boolean {
  return index.constraint === undefined && !index.unique;
}

/** How the rows come in: shown as one statement, run once for each part, all in one transaction. */
function importStatement(parent: ParentShape, partition: DesiredPartition, columns?: readonly string[]): Statement {
  const table = quoteQualified(parent.leafSchema, partition.name);
  return {
    sql: `COPY ${table} (${columns ? quoteList(columns) : "…"}) FROM STDIN (FORMAT csv, FREEZE)`,
    transaction: `fill ${parent.leafSchema}.${partition.name}`,
    timeouts: "waiting",
    locks: [],
    hold: "grows with rows",
    hazards: [],
    undo: "rolled back where it fails",
  };
}

/**
 * What brings an archived partition back: a table of its own is made and filled outside of the table's lock, becomes read-only where
 * it lies outside of the window, and is attached as every filled table is.
 */
export function restoreStatements(
  parent: ParentShape,
  { partition, readOnly }: { readonly partition: DesiredPartition; readonly readOnly?: true },
  management: string,
): Statement[] {
  const leaf = { schema: parent.leafSchema, name: partition.name };
  const fill = importStatement(parent, partition);
  return [
    ...restoredTableStatements(parent, partition),
    fill,
    ...laterTexts(parent, partition).map((sql) => ({ ...fill, sql, undo: "dropped with its table" })),
    ...(readOnly ? [keepReadOnlyStatement(management, leaf)] : []),
    ...reattachStatements(parent, partition, []),
  ];
}
