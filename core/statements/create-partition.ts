import type { HashLevel } from "../levels/levels";
import { fitIdentifier, quote, quoteLiteral, quoteQualified } from "../names/identifier";
import { branchName } from "../names/template";
import type { Interval } from "../time/interval";
import { formatBound } from "../time/key";
import { attachText, newTableStatements } from "./new-table";
import type { ParentShape } from "./parent";
import type { Hazard, Lock, Statement } from "./statement";

/** A partition to be made, in the schema of its parent. */
export interface NewPartition extends Interval {
  readonly name: string;
}

/**
 * Makes a partition without stopping a writer: a table of its own with everything the parent demands, then ATTACH, which
 * takes SHARE UPDATE EXCLUSIVE on the parent where PARTITION OF would take ACCESS EXCLUSIVE. All in one transaction: it is
 * attached and complete, or there is no trace of it. So it is empty for certain when it is attached, and needs no CHECK of
 * its bounds: what ATTACH would scan has no page. Foreign keys come from ATTACH while the table is empty: with a key
 * of its own the referenced table would be locked against reads too.
 */
export function createPartitionStatements(parent: ParentShape, partition: NewPartition): Statement[] {
  const transaction = `create partition ${parent.leafSchema}.${partition.name}`;
  const [below] = parent.below;
  const cut = below && { strategy: "hash" as const, column: below.column };
  return [
    ...newTableStatements(parent, { name: partition.name, to: partition.to, cut }, transaction),
    ...partsStatements(parent, partition, partition.name, parent.below, transaction),
    attachStatement(parent, partition, transaction),
  ];
}

/** The parts of a partition that is cut further by HASH: attached to it while nobody sees it. */
function partsStatements(
  parent: ParentShape,
  partition: NewPartition,
  base: string,
  levels: readonly HashLevel[],
  transaction: string,
): Statement[] {
  const [level, ...rest] = levels;
  if (!level) return [];
  const cut = rest[0] && { strategy: "hash" as const, column: rest[0].column };
  return Array.from({ length: level.modulus }, (_, remainder) => String(remainder)).flatMap((remainder) => {
    const name = branchName(level.name, { table: parent.root.table, base, remainder });
    const attach = attachText(
      quoteQualified(parent.leafSchema, base),
      quoteQualified(parent.leafSchema, name),
      `FOR VALUES WITH (MODULUS ${level.modulus}, REMAINDER ${remainder})`,
    );
    return [
      ...newTableStatements(parent, { name, to: partition.to, cut }, transaction),
      ...partsStatements(parent, partition, name, rest, transaction),
      { ...light(attach, transaction), undo: "dropped with its table" },
    ];
  });
}

function light(sql: string, transaction: string): Omit<Statement, "undo"> {
  return { sql, transaction, timeouts: "light", locks: [], hold: "instant", hazards: [] };
}

/** ATTACH of a table that is empty, or whose CHECK implies its bounds: either way it reads nothing under its lock. */
export function attachStatement(parent: ParentShape, partition: NewPartition, transaction: string): Statement {
  const table = quoteQualified(parent.schema, parent.table);
  const leaf = quoteQualified(parent.leafSchema, partition.name);
  const locks: Lock[] = [
    { relation: `${parent.schema}.${parent.table}`, role: "parent", mode: "SHARE UPDATE EXCLUSIVE" },
  ];
  const hazards: Hazard[] = [];
  for (const relation of parent.references) {
    locks.push({ relation, role: "referenced", mode: "SHARE ROW EXCLUSIVE" });
    hazards.push("LOCK_REF_WRITE");
  }
  if (parent.defaultPartition !== undefined) {
    locks.push({ relation: parent.defaultPartition, role: "default", mode: "ACCESS EXCLUSIVE" });
    hazards.push("LOCK_DEFAULT_AX", "SCAN_DEFAULT");
  }
  return {
    sql: attachText(table, leaf, `FOR VALUES FROM (${from(parent, partition)}) TO (${to(parent, partition)})`),
    transaction,
    timeouts: "strong",
    locks,
    hold: "instant",
    hazards: [...new Set(hazards)],
    undo: `ALTER TABLE ${table} DETACH PARTITION ${leaf} CONCURRENTLY`,
  };
}

/** The name of the CHECK that stands for the bounds of a filled table until it is attached. */
export function boundsCheckName(partition: string): string {
  return fitIdentifier(`${partition}_bounds`);
}

/** The condition that PostgreSQL derives from the bounds. A table that another tool made may have a nullable key. */
export function boundsCondition(parent: ParentShape, interval: Interval): string {
  const key = quote(parent.key.column);
  return `${key} IS NOT NULL AND ${key} >= ${from(parent, interval)} AND ${key} < ${to(parent, interval)}`;
}

function from(parent: ParentShape, interval: Interval): string {
  return quoteLiteral(formatBound(interval.from, parent.key.kind, parent.key.zone));
}

function to(parent: ParentShape, interval: Interval): string {
  return quoteLiteral(formatBound(interval.to, parent.key.kind, parent.key.zone));
}
