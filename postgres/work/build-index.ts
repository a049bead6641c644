import type { DetachedTable } from "../../core/observed/ledger";
import type { ObservedPartition, ObservedPartitionIndex, ObservedTable } from "../../core/observed/observed-table";
import type { IndexSpec, KeySpec } from "../../core/declare/table/spec";
import {
  createParentIndexStatement,
  explainTakenName,
  type IndexPlace,
  buildPartitionIndexStatements,
} from "../../core/table/create/index-build";
import { formatPartitionIndexName } from "../../core/partition/statements/new-table";
import {
  formatIndexDefinition,
  buildObservedParent,
  type ParentIndex,
  type ParentShape,
} from "../../core/partition/carry/parent";
import type { Statement } from "../../core/sql/statement";
import { reportProgress } from "../read/index-progress";
import { recordNewIndexStatement } from "../registry/registry";
import type { WorkContext } from "./work-context";

/** State of an index when the work is done. */
interface BuiltIndex {
  readonly valid: boolean;
  readonly partitionCount: number;
}

/** Rounds after which partitions that keep appearing are left to the next update. */
const MAX_ROUNDS = 5;

/**
 * Creates one index on every partition and makes the parent's valid. Resumable at every point: each round looks at the existing
 * indexes, drops what an interrupted build left invalid, attaches equal ones, builds the rest. The caller holds the table's lock.
 */
export async function buildIndex(
  work: WorkContext,
  table: { schema: string; table: string; key: KeySpec },
  spec: IndexSpec,
): Promise<BuiltIndex> {
  const first = await readState(work, table, spec);
  requireFreeNames(first);
  // Equal indexes on the partitions are recognized by the text of the parent's index as the server prints it.
  if (!first.parentIndex) await run(work, table, spec, buildIndexStatements(first).slice(0, 1), first.places.length);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const state = await readState(work, table, spec);
    const statements = buildIndexStatements(state);
    if (statements.length === 0)
      return {
        valid: isWhole(state),
        partitionCount: state.places.filter((place) => !place.partitioned).length,
      };
    await run(work, table, spec, statements, state.places.length);
  }
  throw new Error(
    `index "${spec.name}" is still not on every partition after ${MAX_ROUNDS} rounds: partitions appear faster than it is built; run \`pulumi up\` again`,
  );
}

/**
 * Returns the same statements, for preview.
 *
 * @param coming partitions that the same update attaches before the index is built
 */
export async function previewIndex(
  work: WorkContext,
  table: { schema: string; table: string; key: KeySpec },
  spec: IndexSpec,
  coming: readonly ComingPartition[],
): Promise<Statement[]> {
  const state = await readState(work, table, spec);
  const above = { schema: table.schema, table: table.table, index: spec.name };
  const places = coming.map(({ schema, name }): IndexPlace => ({ schema, name, partitioned: false, above }));
  const theirs = await Promise.all(
    coming.flatMap(({ detached }) =>
      detached ? [work.database.observePartitionIndexes(table.schema, table.table, detached)] : [],
    ),
  );
  const then = {
    ...state,
    places: coming.length === 0 ? state.places : [...state.places, ...places].sort(compareNames),
    existing: [...state.existing, ...theirs.flat()],
  };
  requireFreeNames(then);
  return buildIndexStatements(then);
}

/** Fails before the first statement if a part of the index could not get its name. */
function requireFreeNames(state: IndexState): void {
  const printed = state.parentIndex?.printed ?? findPrinted(state);
  for (const place of state.places) {
    const why = explainTakenName(state.parent, state.index, printed, place, state.existing);
    if (why !== undefined)
      throw new Error(`index "${state.index.name}" of "${state.parent.schema}.${state.parent.table}": ${why}`);
  }
}

/** A partition to come, and the detached table that it is, if it is one. */
export interface ComingPartition {
  readonly schema: string;
  readonly name: string;
  readonly detached?: DetachedTable;
}

/** Compares as the catalogue is read. Only partitions that are direct parts of their table are resources of their own. */
function compareNames(one: IndexPlace, other: IndexPlace): number {
  const [a, b] = one.schema === other.schema ? [one.name, other.name] : [one.schema, other.schema];
  return a < b ? -1 : 1;
}

/** Returns true if an index that the server calls invalid is on every partition that can have it. */
export async function isIndexWhole(
  work: Pick<WorkContext, "database">,
  table: { schema: string; table: string; key: KeySpec },
  spec: IndexSpec,
): Promise<boolean> {
  return isWhole(await readState(work, table, spec));
}

/**
 * Returns true if the index is complete. With a foreign partition, present or former, the server never marks an index as valid
 * that was created on the parent alone; only uniqueness depends on that, and a unique index excludes foreign partitions.
 */
function isWhole({ parentIndex, places, existing, index }: IndexState): boolean {
  if (parentIndex?.valid) return true;
  if (!parentIndex || index.unique) return false;
  return places.every(({ schema, name, partitioned, above }) =>
    existing.some(
      (one) =>
        one.schema === schema && one.partition === name && one.attachedTo === above.index && (partitioned || one.valid),
    ),
  );
}

interface IndexState {
  readonly parent: ParentShape;
  readonly index: ParentIndex;
  readonly parentIndex: { readonly valid: boolean; readonly printed: string } | undefined;
  /** Partitions, each branch before its own. */
  readonly places: readonly IndexPlace[];
  readonly existing: readonly ObservedPartitionIndex[];
}

function buildIndexStatements(state: IndexState): Statement[] {
  const head = state.parentIndex ? [] : [createParentIndexStatement(state.parent, state.index)];
  const printed = state.parentIndex?.printed ?? findPrinted(state);
  return [
    ...head,
    ...state.places.flatMap((place) =>
      buildPartitionIndexStatements(state.parent, state.index, printed, place, state.existing),
    ),
  ];
}

/** Returns the printed form of the index if a partition shows it already: preview counts indexes that are only attached. */
function findPrinted({ index, existing }: IndexState): string {
  const declared = normalize(index.definition);
  return existing.find((candidate) => normalize(candidate.definition) === declared)?.definition ?? index.definition;
}

async function readState(
  work: Pick<WorkContext, "database">,
  table: { schema: string; table: string; key: KeySpec },
  spec: IndexSpec,
): Promise<IndexState> {
  work.database.invalidate(table.schema, table.table);
  const observation = await work.database.observe(table.schema, table.table, {
    encoding: table.key.encoding,
    zone: table.key.zone,
  });
  if (!observation.table) throw new Error(`table "${table.schema}.${table.table}" does not exist`);
  const parent = buildObservedParent(observation.table, table.key, observation);
  const found = observation.table.indexes.find((candidate) => candidate.name === spec.name);
  const declared = formatIndexDefinition(spec);
  if (found)
    requireEqual(
      spec,
      found.definition,
      observation.registration?.indexes.find((candidate) => candidate.name === spec.name)?.declared,
      declared,
    );
  const existing = await work.database.observePartitionIndexes(table.schema, table.table);
  const index: ParentIndex = {
    name: spec.name,
    unique: spec.unique,
    definition: declared,
    printed: found?.definition ?? declared,
    partitionIndexName: spec.partitionIndexName,
    constraint: undefined,
  };
  return {
    parent,
    index,
    parentIndex: found && { valid: found.valid, printed: found.definition },
    places: listPlaces(observation.table, parent, index, existing),
    existing,
  };
}

/** Returns every partition with the index above it: that of the table, or of its branch. */
function listPlaces(
  table: ObservedTable,
  parent: ParentShape,
  index: ParentIndex,
  existing: readonly ObservedPartitionIndex[],
): IndexPlace[] {
  const places: IndexPlace[] = [];
  const add = (partitions: readonly ObservedPartition[], above: IndexPlace["above"]): void => {
    for (const partition of partitions) {
      // A foreign table has no index.
      if (partition.detachPending || partition.foreign) continue;
      const { schema, name, partitioned } = partition;
      places.push({ schema, name, partitioned, above });
      const branch = partitioned ? table.branches.find((candidate) => candidate.partition === partition) : undefined;
      if (!branch) continue;
      const own = existing.find(
        (one) => one.schema === schema && one.partition === name && one.attachedTo === above.index,
      );
      add(branch.partitions, {
        schema,
        table: name,
        index: own?.name ?? formatPartitionIndexName(parent, name, index),
      });
    }
  };
  add(table.partitions, { schema: table.schema, table: table.name, index: index.name });
  return places;
}

async function run(
  work: WorkContext,
  table: { schema: string; table: string; key: KeySpec },
  spec: IndexSpec,
  statements: readonly Statement[],
  partitionCount: number,
): Promise<void> {
  let done = 0;
  for (const statement of statements) {
    const building = statement.hazards.includes("INDEX_BUILD");
    if (building) work.log.status(`index ${spec.name}: partition ${(done += 1)} of ${partitionCount}`);
    const partition = statement.locks.find((lock) => lock.role === "partition")?.relation;
    const stop =
      building && partition !== undefined
        ? reportProgress(work.database, partition, (text) =>
            work.log.status(`index ${spec.name} on ${partition}: ${text}`),
          )
        : undefined;
    try {
      await work.database.execute([statement, ...recordIndexStatements(work, table, spec, statement)], {
        signal: work.signal,
        log: work.log,
        subject: `building index "${spec.name}" of "${table.schema}.${table.table}"`,
      });
    } finally {
      await stop?.();
    }
  }
}

function recordIndexStatements(
  work: WorkContext,
  table: { schema: string; table: string },
  spec: IndexSpec,
  statement: Statement,
): Statement[] {
  return statement.sql.includes(" ON ONLY ") ? [recordNewIndex(work, table, spec, statement.transaction)] : [];
}

/** Records an index as declared and as printed, in the transaction that creates it: later runs compare with that. */
export function recordNewIndex(
  work: WorkContext,
  table: { schema: string; table: string },
  spec: IndexSpec,
  transaction: string | undefined,
): Statement {
  const entry = { name: spec.name, partitionIndexName: spec.partitionIndexName, declared: formatIndexDefinition(spec) };
  return {
    ...recordNewIndexStatement(work.management, { schema: table.schema, table: table.table, ...entry }),
    transaction,
  };
}

/** Fails if an index of that name has another definition: it is never touched. */
function requireEqual(spec: IndexSpec, printed: string, recorded: string | undefined, declared: string): void {
  if (recorded === declared || normalize(printed) === normalize(declared)) return;
  throw new Error(
    `index "${spec.name}" exists with another definition: declared ${declared}, found ${printed}. ` +
      "A definition never changes in place: declare the new one under another key, and remove the old after that",
  );
}

/** Removes quotes, spaces, brackets and default words, which make no difference. */
function normalize(definition: string): string {
  return definition
    .toLowerCase()
    .replace(/\basc\b|["()\s]/g, "")
    .replace(/::[a-z]+/g, "");
}
