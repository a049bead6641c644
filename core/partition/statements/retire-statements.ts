import { quote, quoteLiteral, quoteQualified } from "../../names/identifier";
import type { Hazard, Lock, Statement } from "../../sql/statement";

/** Input about the table that loses a partition. */
interface RetiringParent {
  readonly schema: string;
  readonly table: string;
  /** `schema.table` of each referenced table. */
  readonly references: readonly string[];
  /** `schema.table` of each table that refers to this one. Left out: none. */
  readonly referring?: readonly string[];
  /** `schema.name` of the default partition: it forbids the concurrent form. */
  readonly defaultPartition: string | undefined;
}

interface RetiringPartition {
  readonly schema: string;
  readonly name: string;
  /** `schema.name` of its own partitions, which are locked with it. Left out: none. */
  readonly parts?: readonly string[];
}

/**
 * Detaches a partition from the table. The concurrent form blocks no reader or writer; if a default partition rules it out, the
 * plain form takes ACCESS EXCLUSIVE on the table for an instant, under a short lock_timeout.
 */
export function detachStatement(parent: RetiringParent, partition: RetiringPartition): Statement {
  const concurrent = parent.defaultPartition === undefined;
  const sql = `ALTER TABLE ${quoteParent(parent)} DETACH PARTITION ${quoteQualified(partition.schema, partition.name)}${concurrent ? " CONCURRENTLY" : ""}`;
  const locks: Lock[] = [
    {
      relation: `${parent.schema}.${parent.table}`,
      role: "parent",
      mode: concurrent ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE",
    },
    ...listPartitionLocks(partition),
    ...parent.references.map((relation): Lock => ({ relation, role: "referenced", mode: "SHARE ROW EXCLUSIVE" })),
    ...listReferringLocks(parent),
  ];
  const hazards: Hazard[] = concurrent ? ["WAITS_OLD_XACTS", "NON_TRANSACTIONAL"] : ["LOCK_PARENT_AX"];
  if (parent.defaultPartition !== undefined) {
    const relation = parent.defaultPartition;
    if (relation !== `${partition.schema}.${partition.name}`)
      locks.push({ relation, role: "default", mode: "ACCESS EXCLUSIVE" });
    hazards.push("LOCK_DEFAULT_AX");
  }
  if (parent.references.length > 0) hazards.push("LOCK_REF_WRITE");
  // Under SHARE it searches for rows that refer to the partition; then it removes the keys' triggers, measured on 15 to 18.
  if (listReferringLocks(parent).length > 0) hazards.push("LOCK_REFERRING_AX", "SCAN_REFERRING");
  return {
    sql,
    transaction: undefined,
    timeouts: "strong",
    locks,
    hold: concurrent ? "waits for others" : "instant",
    hazards,
    undo: "attach it again with its bounds: a grown retention does that",
  };
}

/** Finishes a concurrent detach that was interrupted after its first phase. */
export function finalizeStatement(parent: RetiringParent, partition: RetiringPartition): Statement {
  return {
    sql: `ALTER TABLE ${quoteParent(parent)} DETACH PARTITION ${quoteQualified(partition.schema, partition.name)} FINALIZE`,
    transaction: undefined,
    timeouts: "strong",
    locks: [
      { relation: `${parent.schema}.${parent.table}`, role: "parent", mode: "SHARE UPDATE EXCLUSIVE" },
      ...listPartitionLocks(partition),
      ...parent.references.map((relation): Lock => ({ relation, role: "referenced", mode: "SHARE ROW EXCLUSIVE" })),
      ...listReferringLocks(parent),
    ],
    hold: "waits for others",
    hazards: [
      "WAITS_OLD_XACTS",
      ...(parent.references.length > 0 ? (["LOCK_REF_WRITE"] as const) : []),
      ...(listReferringLocks(parent).length > 0 ? (["LOCK_REFERRING_AX"] as const) : []),
    ],
    undo: "attach it again with its bounds: a grown retention does that",
  };
}

/** The table to fence, and the schema of the functions. */
interface Fencing {
  readonly management: string;
  /** `schema.table` of each table that the partition refers to. */
  readonly references: readonly string[];
}

/**
 * Closes a detached table for good: its grantees lose their rights to write, and triggers refuse the remaining writers (its
 * owner, a cascading delete, a subscription). Its foreign keys are dropped too: a delete of a referenced row would hit the fence.
 */
export function fenceStatement(fencing: Fencing, partition: RetiringPartition): Statement {
  const { references } = fencing;
  return {
    sql: `SELECT ${quote(fencing.management)}.fence(${formatRegclass(partition)})`,
    transaction: `fence ${partition.schema}.${partition.name}`,
    timeouts: "strong",
    locks: [
      ...listPartitionLocks(partition),
      ...references.map((relation): Lock => ({ relation, role: "referenced", mode: "ACCESS EXCLUSIVE" })),
    ],
    hold: "instant",
    hazards: references.length > 0 ? ["LOCK_REF_AX"] : [],
    undo: "attach it again: a grown retention does that, and opens it",
  };
}

/** Opens a fenced table, which is attached again in the same transaction or a later one. */
export function unfenceStatement(management: string, partition: RetiringPartition): Statement {
  return {
    sql: `SELECT ${quote(management)}.unfence(${formatRegclass(partition)})`,
    transaction: `unfence ${partition.schema}.${partition.name}`,
    timeouts: "strong",
    locks: listPartitionLocks(partition),
    hold: "instant",
    hazards: [],
    undo: "none needed: the next archive fences it again",
  };
}

/**
 * Makes a partition with rows from an archive read-only: triggers refuse every write, by any role. Rights and row security are
 * unchanged, so that it is read like its siblings.
 */
export function keepReadOnlyStatement(management: string, partition: RetiringPartition): Statement {
  return {
    sql: `SELECT ${quote(management)}.keep_read_only(${formatRegclass(partition)})`,
    transaction: `read-only ${partition.schema}.${partition.name}`,
    timeouts: "strong",
    locks: listPartitionLocks(partition),
    hold: "instant",
    hazards: ["LOCK_PARTITION_AX"],
    undo: `SELECT ${quote(management)}.unfence(${formatRegclass(partition)})`,
  };
}

/**
 * Reads rows for an archive: shown as one statement, run in as many parts as the size of the table requires, each with its columns
 * and its range.
 */
export function exportStatement(partition: RetiringPartition): Statement {
  return {
    sql: `COPY (SELECT … FROM ${(partition.parts ?? []).length > 0 ? "" : "ONLY "}${quoteQualified(partition.schema, partition.name)} WHERE ctid >= … AND ctid < …) TO STDOUT (FORMAT csv, FORCE_QUOTE *)`,
    transaction: undefined,
    timeouts: "waiting",
    locks: [{ relation: `${partition.schema}.${partition.name}`, role: "partition", mode: "ACCESS SHARE" }],
    hold: "grows with rows",
    hazards: ["SCAN_PARTITION"],
    undo: "not needed",
  };
}

/**
 * Counts the rows of an archived table before its drop: as many as were archived. No session waits for it; its fence keeps the
 * result true.
 */
export function countStatement(partition: RetiringPartition): Statement {
  return {
    sql: `SELECT count(*) FROM ${quoteQualified(partition.schema, partition.name)}`,
    transaction: undefined,
    timeouts: "waiting",
    locks: [{ relation: `${partition.schema}.${partition.name}`, role: "partition", mode: "ACCESS SHARE" }],
    hold: "grows with rows",
    hazards: ["SCAN_PARTITION"],
    undo: "not needed",
  };
}

function formatRegclass(partition: RetiringPartition): string {
  return `${quoteLiteral(quoteQualified(partition.schema, partition.name))}::regclass`;
}

/**
 * Drops a detached table. The lock comes first, so that what is checked under it (the row of the ledger, the oid, that nothing is
 * attached) still holds at the drop. A detached table still has its foreign keys, so the referenced tables are locked for an
 * instant as well.
 */
export function dropStatements(parent: RetiringParent, partition: RetiringPartition): Statement[] {
  const transaction = `drop ${partition.schema}.${partition.name}`;
  const table = quoteQualified(partition.schema, partition.name);
  const partitionLocks = listPartitionLocks(partition);
  return [
    {
      sql: `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`,
      transaction,
      timeouts: "strong",
      locks: partitionLocks,
      hold: "instant",
      hazards: [],
      undo: "not needed",
    },
    {
      sql: `DROP TABLE ${table}`,
      transaction,
      timeouts: "strong",
      locks: [
        ...partitionLocks,
        ...parent.references.map((relation): Lock => ({ relation, role: "referenced", mode: "ACCESS EXCLUSIVE" })),
      ],
      hold: "instant",
      hazards: ["DELETES_DATA", ...(parent.references.length > 0 ? (["LOCK_REF_AX"] as const) : [])],
      undo: "none: the rows are gone; restore them from a backup",
    },
  ];
}

/** Drops the definition of a detached foreign table. LOCK TABLE does not exist for it, and its rows are not in this database. */
export function dropForeignStatement(partition: RetiringPartition): Statement {
  return {
    sql: `DROP FOREIGN TABLE ${quoteQualified(partition.schema, partition.name)}`,
    transaction: `drop ${partition.schema}.${partition.name}`,
    timeouts: "strong",
    locks: [{ relation: `${partition.schema}.${partition.name}`, role: "partition", mode: "ACCESS EXCLUSIVE" }],
    hold: "instant",
    hazards: [],
    undo: "CREATE FOREIGN TABLE as it was: its rows are where they were",
  };
}

/** Returns the locks of a change that reaches everything below a partition. */
function listPartitionLocks({ schema, name, parts = [] }: RetiringPartition): Lock[] {
  return [`${schema}.${name}`, ...parts].map((relation) => ({ relation, role: "partition", mode: "ACCESS EXCLUSIVE" }));
}

function listReferringLocks(parent: RetiringParent): Lock[] {
  return (parent.referring ?? []).map((relation) => ({ relation, role: "referring", mode: "ACCESS EXCLUSIVE" }));
}

function quoteParent(parent: RetiringParent): string {
  return quoteQualified(parent.schema, parent.table);
}
