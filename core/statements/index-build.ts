import { quote, quoteQualified } from "../names/identifier";
import { indexName } from "../names/template";
import type { ObservedLeafIndex } from "../observed";
import { createLeafIndexText } from "./create-partition";
import type { ParentIndex, ParentShape } from "./parent";
import type { Lock, Statement } from "./statement";

/** The parent's half: instant, and invalid until every leaf has its part. Writers wait for at most an instant. */
export function createParentIndexStatement(parent: ParentShape, index: ParentIndex): Statement {
  return {
    sql: `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${quote(index.name)} ON ONLY ${tableOf(parent)} ${index.definition}`,
    transaction: `index ${parent.schema}.${index.name}`,
    timeouts: "strong",
    locks: [{ relation: `${parent.schema}.${parent.table}`, role: "parent", mode: "SHARE" }],
    hold: "instant",
    hazards: ["LOCK_WRITES_SHORT"],
    undo: `DROP INDEX ${quoteQualified(parent.schema, index.name)}`,
  };
}

/**
 * What one leaf still needs: drop a leftover that an interrupted build left invalid, take over an index that is equal
 * already, or build one concurrently; then attach it. Empty when the leaf has its part.
 */
export function leafIndexStatements(
  parent: ParentShape,
  index: ParentIndex,
  printed: string,
  leaf: string,
  existing: readonly ObservedLeafIndex[],
): Statement[] {
  const onLeaf = existing.filter((candidate) => candidate.leaf === leaf);
  const attached = onLeaf.find((candidate) => candidate.attachedTo === index.name);
  if (attached) return attached.valid || attached.building ? [] : [rebuildStatement(parent, leaf, attached.name)];
  const name = indexName(index.leafName, { partition: leaf, table: parent.table });
  const equal = onLeaf.find(
    (candidate) =>
      candidate.valid &&
      candidate.attachedTo === undefined &&
      candidate.constraint === undefined &&
      candidate.unique === index.unique &&
      candidate.definition === printed,
  );
  if (equal) return [attachIndexStatement(parent, index, leaf, equal.name)];
  const leftover = onLeaf.find((candidate) => candidate.name === name && !candidate.valid && !candidate.building);
  return [
    ...(leftover ? [dropLeftoverStatement(parent, leaf, name)] : []),
    buildStatement(parent, index, leaf),
    attachIndexStatement(parent, index, leaf, name),
  ];
}

/** Removes the index everywhere. PostgreSQL has no concurrent form for a partitioned index: it locks every leaf too. */
export function dropIndexStatement(
  parent: { schema: string; table: string },
  index: string,
  leaves: readonly string[] = [],
): Statement {
  return {
    sql: `DROP INDEX ${quoteQualified(parent.schema, index)}`,
    transaction: `drop index ${parent.schema}.${index}`,
    timeouts: "strong",
    locks: [
      { relation: `${parent.schema}.${parent.table}`, role: "parent", mode: "ACCESS EXCLUSIVE" },
      ...leaves.map((leaf): Lock => ({ relation: `${parent.schema}.${leaf}`, role: "leaf", mode: "ACCESS EXCLUSIVE" })),
    ],
    hold: "instant",
    hazards: ["LOCK_PARENT_AX", "INDEX_DROPPED"],
    undo: "declare the index again: it is built anew",
  };
}

function buildStatement(parent: ParentShape, index: ParentIndex, leaf: string): Statement {
  return {
    sql: createLeafIndexText(parent, leaf, index, true),
    transaction: undefined,
    timeouts: "waiting",
    locks: [{ relation: `${parent.schema}.${leaf}`, role: "leaf", mode: "SHARE UPDATE EXCLUSIVE" }],
    hold: "grows with rows",
    hazards: ["INDEX_BUILD", "WAITS_OLD_XACTS", "NON_TRANSACTIONAL"],
    undo: "DROP INDEX CONCURRENTLY",
  };
}

function attachIndexStatement(parent: ParentShape, index: ParentIndex, leaf: string, leafIndex: string): Statement {
  return {
    sql: `ALTER INDEX ${quoteQualified(parent.schema, index.name)} ATTACH PARTITION ${quoteQualified(parent.schema, leafIndex)}`,
    transaction: `attach index ${parent.schema}.${leafIndex}`,
    timeouts: "strong",
    locks: [
      { relation: `${parent.schema}.${parent.table}`, role: "parent", mode: "ACCESS SHARE" },
      { relation: `${parent.schema}.${index.name}`, role: "index", mode: "SHARE UPDATE EXCLUSIVE" },
      { relation: `${parent.schema}.${leaf}`, role: "leaf", mode: "ACCESS SHARE" },
      { relation: `${parent.schema}.${leafIndex}`, role: "index", mode: "ACCESS EXCLUSIVE" },
    ],
    hold: "instant",
    hazards: ["LOCK_LEAF_INDEX_AX"],
    undo: "none: PostgreSQL cannot detach an index; drop the index of the parent",
  };
}

/** An index that was attached although invalid cannot be dropped any more; it can be built anew in its place. */
function rebuildStatement(parent: ParentShape, leaf: string, name: string): Statement {
  return {
    sql: `REINDEX INDEX CONCURRENTLY ${quoteQualified(parent.schema, name)}`,
    transaction: undefined,
    timeouts: "waiting",
    locks: [{ relation: `${parent.schema}.${leaf}`, role: "leaf", mode: "SHARE UPDATE EXCLUSIVE" }],
    hold: "grows with rows",
    hazards: ["INDEX_BUILD", "WAITS_OLD_XACTS", "NON_TRANSACTIONAL"],
    undo: "not needed: the definition stays the same",
  };
}

function dropLeftoverStatement(parent: ParentShape, leaf: string, name: string): Statement {
  return {
    sql: `DROP INDEX CONCURRENTLY ${quoteQualified(parent.schema, name)}`,
    transaction: undefined,
    timeouts: "waiting",
    locks: [{ relation: `${parent.schema}.${leaf}`, role: "leaf", mode: "SHARE UPDATE EXCLUSIVE" }],
    hold: "waits for others",
    hazards: ["WAITS_OLD_XACTS", "NON_TRANSACTIONAL"],
    undo: "not needed: an invalid index serves no query",
  };
}

function tableOf(parent: ParentShape): string {
  return quoteQualified(parent.schema, parent.table);
}
