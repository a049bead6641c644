import { fitIdentifier, quote, quoteLiteral, quoteQualified } from "../../names/identifier";
import type { Interval, OpenInterval } from "../../time/interval";
import { formatEnd } from "../../time/key";
import { attachText } from "./new-table";
import type { ParentShape } from "../carry/parent";
import type { Hazard, Lock, Statement } from "../../sql/statement";

/** A partition to create, in the schema of its parent. */
export interface NewPartition extends Interval {
  readonly name: string;
  /** `schema.name` of its own partitions, if it exists. Left out: none. */
  readonly parts?: readonly string[];
}

/**
 * Attaches a table that is empty, or whose CHECK implies its bounds: either way nothing of it is read under the lock. A default
 * partition is read as well, unless it is empty or, with many rows, its own CHECKs exclude the bounds.
 */
export function attachStatement(parent: ParentShape, partition: NewPartition, transaction: string): Statement {
  const table = quoteQualified(parent.schema, parent.table);
  const quoted = quoteQualified(parent.partitionSchema, partition.name);
  return {
    sql: attachText(
      table,
      quoted,
      `FOR VALUES FROM (${formatFrom(parent, partition)}) TO (${formatTo(parent, partition)})`,
    ),
    transaction,
    timeouts: "strong",
    ...attachLocks(parent),
    hold: "instant",
    undo: `ALTER TABLE ${table} DETACH PARTITION ${quoted}${parent.defaultPartition === undefined ? " CONCURRENTLY" : ""}`,
  };
}

/** Returns the locks of an ATTACH that other sessions can notice. */
export function attachLocks(parent: ParentShape): Pick<Statement, "locks" | "hazards"> {
  const locks: Lock[] = [
    { relation: `${parent.schema}.${parent.table}`, role: "parent", mode: "SHARE UPDATE EXCLUSIVE" },
  ];
  const hazards: Hazard[] = [];
  for (const relation of parent.references) {
    locks.push({ relation, role: "referenced", mode: "SHARE ROW EXCLUSIVE" });
    hazards.push("LOCK_REF_WRITE");
  }
  for (const relation of parent.referring ?? []) {
    locks.push({ relation, role: "referring", mode: "SHARE ROW EXCLUSIVE" });
    hazards.push("LOCK_REFERRING_WRITE");
  }
  if (parent.defaultPartition !== undefined) {
    locks.push({ relation: parent.defaultPartition, role: "default", mode: "ACCESS EXCLUSIVE" });
    const proven = parent.fallback?.managed === true && !parent.fallback.few;
    const reads = !proven && parent.fallback?.rows !== 0;
    hazards.push("LOCK_DEFAULT_AX", ...(reads ? (["SCAN_DEFAULT"] as const) : []));
  }
  return { locks, hazards: [...new Set(hazards)] };
}

/**
 * Adds locks for a filled table, which still has its foreign keys: ATTACH then takes ACCESS EXCLUSIVE on the referenced tables,
 * measured on 15 to 18.
 */
export function addFilledLocks(statement: Statement, parent: ParentShape): Statement {
  if (parent.references.length === 0) return statement;
  return {
    ...statement,
    locks: statement.locks.map((lock) =>
      lock.role === "referenced" ? { ...lock, mode: "ACCESS EXCLUSIVE" as const } : lock,
    ),
    hazards: [...statement.hazards.filter((hazard) => hazard !== "LOCK_REF_WRITE"), "LOCK_REF_AX"],
  };
}

/** Returns the name of the CHECK that implies the bounds of a filled table until it is attached. */
export function nameBoundsCheck(partition: string): string {
  return fitIdentifier(`${partition}_bounds`);
}

/** Returns the condition that PostgreSQL derives from the bounds. A table created by another tool may have a nullable key. */
export function buildBoundsCondition({ key }: Pick<ParentShape, "key">, { from, to }: OpenInterval): string {
  const column = quote(key.column);
  return [
    `${column} IS NOT NULL`,
    ...(from ? [`${column} >= ${quoteLiteral(formatEnd(key, "from", from))}`] : []),
    ...(to ? [`${column} < ${quoteLiteral(formatEnd(key, "to", to))}`] : []),
  ].join(" AND ");
}

function formatFrom(parent: ParentShape, interval: Interval): string {
  return quoteLiteral(formatEnd(parent.key, "from", interval.from));
}

function formatTo(parent: ParentShape, interval: Interval): string {
  return quoteLiteral(formatEnd(parent.key, "to", interval.to));
}
