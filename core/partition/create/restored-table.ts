import { quoteList, quoteQualified } from "../../names/identifier";
import type { DesiredPartition } from "../../window/window-partitions";
import { buildOwnTriggerStatements } from "../carry/newborn-statements";
import { createPartitionIndexText, decideNewborn, buildNewTableStatements } from "../statements/new-table";
import type { ParentIndex, ParentShape } from "../carry/parent";
import { reattachStatements } from "./reattach";
import { keepReadOnlyStatement } from "../statements/retire-statements";
import type { Statement } from "../../sql/statement";

/**
 * Creates a table like its siblings, not visible as a partition yet: closed, with their keys, owner, rights and row security.
 * What would slow down a load comes after it.
 */
export function buildRestoredTableStatements(parent: ParentShape, partition: DesiredPartition): Statement[] {
  const indexes = parent.indexes.filter((index) => !comesLater(index));
  const transaction = `make ${parent.partitionSchema}.${partition.name}`;
  return buildNewTableStatements(
    { ...parent, indexes },
    { name: partition.name, to: partition.to, cut: undefined, rowsFirst: true },
    transaction,
  );
}

/**
 * Returns statements for after the load: indexes that accept any rows and identify none, and triggers, which must not fire for
 * restored rows.
 */
function buildTextsAfterLoad(parent: ParentShape, partition: DesiredPartition): string[] {
  const table = { name: partition.name, to: partition.to, cut: undefined };
  const relation = { schema: parent.partitionSchema, name: partition.name, role: "partition" as const, fresh: true };
  const { triggers } = decideNewborn(parent, table);
  return [
    ...parent.indexes.filter(comesLater).map((index) => createPartitionIndexText(parent, partition.name, index)),
    ...triggers.flatMap((trigger) => buildOwnTriggerStatements(relation, "", trigger)).map(({ sql }) => sql),
  ];
}

function comesLater(index: ParentIndex): boolean {
  return index.constraint === undefined && !index.unique;
}

/**
 * Returns the statements around the load, in its transaction. TRUNCATE also removes what was added by hand to a half-restored
 * table, and lets COPY freeze the rows; FORCE would hide them from the count.
 *
 * @param forced true if row security applies to the owner too
 */
export function buildTextsAroundLoad(
  parent: ParentShape,
  partition: DesiredPartition,
  forced: boolean,
): { readonly before: readonly string[]; readonly after: readonly string[] } {
  const table = quoteQualified(parent.partitionSchema, partition.name);
  const force = (word: string) => (forced ? [`ALTER TABLE ${table} ${word} ROW LEVEL SECURITY`] : []);
  return {
    before: [`TRUNCATE ${table}`, ...force("NO FORCE")],
    after: [...buildTextsAfterLoad(parent, partition), ...force("FORCE"), `ANALYZE ${table}`],
  };
}

/** Returns the load of rows: shown as one statement, run once for each part, all in one transaction. */
function importStatement(parent: ParentShape, partition: DesiredPartition, columns?: readonly string[]): Statement {
  const table = quoteQualified(parent.partitionSchema, partition.name);
  return {
    sql: `COPY ${table} (${columns ? quoteList(columns) : "…"}) FROM STDIN (FORMAT csv, FREEZE)`,
    transaction: `fill ${parent.partitionSchema}.${partition.name}`,
    timeouts: "waiting",
    // It is no partition yet, and already has its name.
    locks: [{ relation: `${parent.partitionSchema}.${partition.name}`, role: "partition", mode: "ACCESS EXCLUSIVE" }],
    hold: "grows with rows",
    hazards: [],
    undo: "rolled back where it fails",
  };
}

/**
 * Restores an archived partition: a separate table is created and filled outside of the table's lock, made read-only if it is
 * outside of the window, and attached like every filled table.
 */
export function restoreStatements(
  parent: ParentShape,
  { partition, readOnly }: { readonly partition: DesiredPartition; readonly readOnly?: true },
  management: string,
): Statement[] {
  const relation = { schema: parent.partitionSchema, name: partition.name };
  const fill = importStatement(parent, partition);
  const { rowSecurity } = decideNewborn(parent, { name: partition.name, to: partition.to, cut: undefined });
  const { before, after } = buildTextsAroundLoad(parent, partition, rowSecurity?.forced === true);
  const inFill = (sql: string): Statement => ({ ...fill, sql, undo: "dropped with its table" });
  return [
    ...buildRestoredTableStatements(parent, partition),
    ...before.map(inFill),
    fill,
    ...after.map(inFill),
    ...(readOnly ? [keepReadOnlyStatement(management, relation)] : []),
    ...reattachStatements(parent, partition, []),
  ];
}
