import { quote, quoteQualified } from "../../names/identifier";
import type { ObservedPartitionIndex } from "../../observed/observed-table";
import { createPartitionIndexText, formatPartitionIndexName } from "../../partition/statements/new-table";
import type { ParentIndex, ParentShape } from "../../partition/carry/parent";
import type { Lock, Statement } from "../../sql/statement";

/** Creates the index on the parent only: instant, and invalid until every partition has its part. Writers wait only briefly. */
export function createParentIndexStatement(parent: ParentShape, index: ParentIndex): Statement {
  return {
    sql: `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${quote(index.name)} ON ONLY ${quoteParent(parent)} ${index.definition}`,
    transaction: `index ${parent.schema}.${index.name}`,
    timeouts: "strong",
    locks: [{ relation: `${parent.schema}.${parent.table}`, role: "parent", mode: "SHARE" }],
    hold: "instant",
    hazards: ["LOCK_WRITES_SHORT"],
    undo: `DROP INDEX ${quoteQualified(parent.schema, index.name)}`,
  };
}

/** A partition that an index must cover, and the index that its part is attached to. */
export interface IndexPlace {
  readonly schema: string;
  readonly name: string;
  /** A branch: its part is created at once and becomes valid with those below it. */
  readonly partitioned: boolean;
  /** The table above and its index: the parent's, or the part of a branch. An index is in the schema of its table. */
  readonly above: { readonly schema: string; readonly table: string; readonly index: string };
}

/**
 * Returns the statements that one partition still needs: drop an invalid leftover of an interrupted build, take over an equal
 * index, or build one concurrently; then attach it. Empty if it has its part.
 */
export function buildPartitionIndexStatements(
  parent: ParentShape,
  index: ParentIndex,
  printed: string,
  place: IndexPlace,
  existing: readonly ObservedPartitionIndex[],
): Statement[] {
  const here = existing.filter((candidate) => candidate.partition === place.name && candidate.schema === place.schema);
  const attached = here.find((candidate) => candidate.attachedTo === place.above.index);
  if (attached) {
    // A branch's part is valid once all parts below it are.
    return attached.valid || attached.building || place.partitioned ? [] : [rebuildStatement(place, attached.name)];
  }
  const name = formatPartitionIndexName(parent, place.name, index);
  const equal = here.find(
    (candidate) =>
      (candidate.valid || place.partitioned) &&
      candidate.attachedTo === undefined &&
      candidate.constraint === undefined &&
      candidate.unique === index.unique &&
      candidate.definition === printed,
  );
  if (equal) return [attachIndexStatement(place, equal.name)];
  if (place.partitioned) return [buildBranchIndexStatement(place, index, name), attachIndexStatement(place, name)];
  // Another index of that name is not an interrupted build: the new build then reports that the name is taken.
  const leftover = here.find(
    (candidate) =>
      candidate.name === name &&
      !candidate.valid &&
      !candidate.building &&
      candidate.unique === index.unique &&
      candidate.definition === printed,
  );
  return [
    ...(leftover ? [dropLeftoverStatement(place, name)] : []),
    buildStatement(parent, index, place),
    attachIndexStatement(place, name),
  ];
}

/**
 * Returns why the index cannot be built on a partition: another index there has the name that its part would get, and serves
 * another index of the table. Undefined: nothing is in its way.
 */
export function explainTakenName(
  parent: ParentShape,
  index: ParentIndex,
  printed: string,
  place: IndexPlace,
  existing: readonly ObservedPartitionIndex[],
): string | undefined {
  const here = existing.filter((candidate) => candidate.partition === place.name && candidate.schema === place.schema);
  if (here.some((candidate) => candidate.attachedTo === place.above.index)) return undefined;
  const name = formatPartitionIndexName(parent, place.name, index);
  const taken = here.find((candidate) => candidate.name === name && candidate.attachedTo !== undefined);
  if (taken?.attachedTo === undefined) return undefined;
  const same = taken.definition === printed && taken.unique === index.unique && taken.constraint === undefined;
  return (
    `its part on partition "${place.name}" would be called "${name}", which is the name of the part of "${taken.attachedTo}". ` +
    (same
      ? `That index has the same columns: declare name: ${JSON.stringify(taken.attachedTo)} to use it`
      : "Declare another partitionIndexName, which new partitions get too")
  );
}

/**
 * Removes the index everywhere; `partitions` as `schema.name`. PostgreSQL has no concurrent form for a partitioned index: it also
 * locks every partition.
 */
export function dropIndexStatement(
  parent: { schema: string; table: string },
  index: string,
  partitions: readonly string[] = [],
): Statement {
  return {
    sql: `DROP INDEX ${quoteQualified(parent.schema, index)}`,
    transaction: `drop index ${parent.schema}.${index}`,
    timeouts: "strong",
    locks: [
      { relation: `${parent.schema}.${parent.table}`, role: "parent", mode: "ACCESS EXCLUSIVE" },
      ...partitions.map((relation): Lock => ({ relation, role: "partition", mode: "ACCESS EXCLUSIVE" })),
    ],
    hold: "instant",
    hazards: ["LOCK_PARENT_AX", "INDEX_DROPPED"],
    undo: "declare the index again: it is rebuilt",
  };
}

/** Creates the part of a branch: like the parent's, instant, and invalid until everything below has its part. */
function buildBranchIndexStatement(place: IndexPlace, index: ParentIndex, name: string): Statement {
  return {
    sql: `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${quote(name)} ON ONLY ${quoteQualified(place.schema, place.name)} ${index.definition}`,
    transaction: `index ${place.schema}.${name}`,
    timeouts: "strong",
    locks: [{ relation: formatRelation(place), role: "partition", mode: "SHARE" }],
    hold: "instant",
    hazards: ["LOCK_WRITES_SHORT"],
    undo: "dropped with the index of the parent",
  };
}

function buildStatement(parent: ParentShape, index: ParentIndex, place: IndexPlace): Statement {
  return {
    sql: createPartitionIndexText(parent, place.name, index, true, place.schema),
    transaction: undefined,
    timeouts: "waiting",
    locks: [{ relation: formatRelation(place), role: "partition", mode: "SHARE UPDATE EXCLUSIVE" }],
    hold: "grows with rows",
    hazards: ["INDEX_BUILD", "WAITS_OLD_XACTS", "NON_TRANSACTIONAL"],
    undo: "DROP INDEX CONCURRENTLY",
  };
}

function attachIndexStatement(place: IndexPlace, partitionIndex: string): Statement {
  const { above } = place;
  return {
    sql: `ALTER INDEX ${quoteQualified(above.schema, above.index)} ATTACH PARTITION ${quoteQualified(place.schema, partitionIndex)}`,
    transaction: `attach index ${place.schema}.${partitionIndex}`,
    timeouts: "strong",
    locks: [
      { relation: `${above.schema}.${above.table}`, role: "parent", mode: "ACCESS SHARE" },
      { relation: `${above.schema}.${above.index}`, role: "index", mode: "SHARE UPDATE EXCLUSIVE" },
      { relation: formatRelation(place), role: "partition", mode: "ACCESS SHARE" },
      { relation: `${place.schema}.${partitionIndex}`, role: "index", mode: "ACCESS EXCLUSIVE" },
    ],
    hold: "instant",
    hazards: ["LOCK_PARTITION_INDEX_AX"],
    undo: "none: PostgreSQL cannot detach an index; drop the index of the parent",
  };
}

/** Rebuilds an index that was attached although invalid: it can no longer be dropped. */
function rebuildStatement(place: IndexPlace, name: string): Statement {
  return {
    sql: `REINDEX INDEX CONCURRENTLY ${quoteQualified(place.schema, name)}`,
    transaction: undefined,
    timeouts: "waiting",
    locks: [{ relation: formatRelation(place), role: "partition", mode: "SHARE UPDATE EXCLUSIVE" }],
    hold: "grows with rows",
    hazards: ["INDEX_BUILD", "WAITS_OLD_XACTS", "NON_TRANSACTIONAL"],
    undo: "not needed: the definition does not change",
  };
}

function dropLeftoverStatement(place: IndexPlace, name: string): Statement {
  return {
    sql: `DROP INDEX CONCURRENTLY ${quoteQualified(place.schema, name)}`,
    transaction: undefined,
    timeouts: "waiting",
    locks: [{ relation: formatRelation(place), role: "partition", mode: "SHARE UPDATE EXCLUSIVE" }],
    hold: "waits for others",
    hazards: ["WAITS_OLD_XACTS", "NON_TRANSACTIONAL"],
    undo: "not needed: an invalid index serves no query",
  };
}

function formatRelation(place: IndexPlace): string {
  return `${place.schema}.${place.name}`;
}

function quoteParent(parent: ParentShape): string {
  return quoteQualified(parent.schema, parent.table);
}
