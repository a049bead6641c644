import { fitIdentifier, quote, quoteLiteral, quoteQualified } from "../names/identifier";
import { indexName } from "../names/template";
import type { Interval } from "../time/interval";
import { formatBound } from "../time/key";
import type { ParentIndex, ParentShape } from "./parent";
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
  const transaction = `create partition ${parent.schema}.${partition.name}`;
  const leaf = quoteQualified(parent.schema, partition.name);
  const own = (sql: string, undo: string): Statement => ({
    sql,
    transaction,
    timeouts: "light",
    locks: [],
    hold: "instant",
    hazards: [],
    undo,
  });
  const table = own(createLeafText(parent, partition), `DROP TABLE ${leaf}`);
  return [
    { ...table, locks: [{ relation: `${parent.schema}.${parent.table}`, role: "parent", mode: "ACCESS SHARE" }] },
    ...parent.indexes
      .filter((index) => index.constraint === undefined)
      .map((index) => own(createLeafIndexText(parent, partition.name, index), "dropped with its table")),
    attachStatement(parent, partition, transaction),
  ];
}

/** ATTACH of a table that is empty, or whose CHECK implies its bounds: either way it reads nothing under its lock. */
export function attachStatement(parent: ParentShape, partition: NewPartition, transaction: string): Statement {
  const table = quoteQualified(parent.schema, parent.table);
  const leaf = quoteQualified(parent.schema, partition.name);
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
    sql: `ALTER TABLE ${table} ATTACH PARTITION ${leaf} FOR VALUES FROM (${from(parent, partition)}) TO (${to(parent, partition)})`,
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

/** CREATE INDEX for one leaf, under a name that we choose: LIKE would let PostgreSQL choose. */
export function createLeafIndexText(
  parent: ParentShape,
  leaf: string,
  index: ParentIndex,
  concurrently = false,
): string {
  const name = indexName(index.leafName, { partition: leaf, table: parent.table });
  const head = `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${concurrently ? "CONCURRENTLY " : ""}${quote(name)}`;
  return `${head} ON ${quoteQualified(parent.schema, leaf)} ${index.definition}`;
}

/** What LIKE takes over: never IDENTITY (PostgreSQL 17 refuses to attach it), never INDEXES (names), never foreign keys. */
const LIKE_OPTIONS = ["DEFAULTS", "CONSTRAINTS", "STORAGE", "COMPRESSION", "GENERATED", "COMMENTS", "STATISTICS"];

function createLeafText(parent: ParentShape, partition: NewPartition): string {
  const like = `LIKE ${quoteQualified(parent.schema, parent.table)} ${LIKE_OPTIONS.map((option) => `INCLUDING ${option}`).join(" ")}`;
  const constraints = parent.indexes.flatMap((index) =>
    index.constraint === undefined
      ? []
      : [
          `CONSTRAINT ${quote(indexName(index.leafName, { partition: partition.name, table: parent.table }))} ${index.constraint}`,
        ],
  );
  const parts = [like, ...constraints];
  return `CREATE TABLE ${quoteQualified(parent.schema, partition.name)} (\n  ${parts.join(",\n  ")}\n)`;
}

function from(parent: ParentShape, interval: Interval): string {
  return quoteLiteral(formatBound(interval.from, parent.key.kind, parent.key.zone));
}

function to(parent: ParentShape, interval: Interval): string {
  return quoteLiteral(formatBound(interval.to, parent.key.kind, parent.key.zone));
}
