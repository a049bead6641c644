import type { ObservedLeaf, ObservedLeafIndex, ObservedTable } from "../../core/observed/table";
import type { IndexSpec, KeySpec } from "../../core/declare/table/spec";
import { createParentIndexStatement, type IndexPlace, leafIndexStatements } from "../../core/table/create/index-build";
import { leafIndexName } from "../../core/partition/statements/new-table";
import { indexDefinition, observedParent, type ParentIndex, type ParentShape } from "../../core/partition/carry/parent";
import type { Statement } from "../../core/sql/statement";
import { reportProgress } from "../read/index-progress";
import { recordNewIndexStatement } from "../registry/registry";
import type { WorkContext } from "./context";

/** What an index looks like when the work is done. */
interface BuiltIndex {
  readonly valid: boolean;
  readonly leaves: number;
}

/** Rounds after which partitions that keep appearing are left to the next update. */
const MAX_ROUNDS = 5;

/**
 * Brings one index to every partition and makes the parent's valid. Resumable at every point: each round looks at what is
 * there, drops what an interrupted build left invalid, takes over what is equal, builds the rest. The caller holds the
 * table's lock.
 */
export async function buildIndex(
  work: WorkContext,
  table: { schema: string; table: string; key: KeySpec },
  spec: IndexSpec,
): Promise<BuiltIndex> {
  const first = await readState(work, table, spec);
  // Only when the server has printed the parent's index can equal ones on the partitions be told by their text.
  if (!first.parentIndex) await run(work, table, spec, statementsOfIndex(first).slice(0, 1), first.places.length);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const state = await readState(work, table, spec);
    const statements = statementsOfIndex(state);
    if (statements.length === 0)
      return {
        valid: isWhole(state),
        leaves: state.places.filter((place) => !place.partitioned).length,
      };
    await run(work, table, spec, statements, state.places.length);
  }
  throw new Error(
    `index "${spec.name}" is still not on every partition after ${MAX_ROUNDS} rounds: partitions appear faster than it is built; run \`pulumi up\` again`,
  );
}

/** What preview shows for an index: the same statements. */
export async function previewIndex(
  work: WorkContext,
  table: { schema: string; table: string; key: KeySpec },
  spec: IndexSpec,
): Promise<Statement[]> {
  return statementsOfIndex(await readState(work, table, spec));
}

/** Whether an index that the server calls invalid is on every partition that can have it. */
export async function indexIsWhole(
  work: Pick<WorkContext, "database">,
  table: { schema: string; table: string; key: KeySpec },
  spec: IndexSpec,
): Promise<boolean> {
  return isWhole(await readState(work, table, spec));
}

/**
 * The server never calls the index of a table with a foreign partition valid that was made for the table alone, nor one of a
 * table that had such a partition; nothing but uniqueness depends on that, and a unique index excludes foreign partitions.
 */
function isWhole({ parentIndex, places, existing, index }: IndexState): boolean {
  if (parentIndex?.valid) return true;
  if (!parentIndex || index.unique) return false;
  return places.every(({ schema, name, partitioned, above }) =>
    existing.some(
      (one) =>
        one.schema === schema && one.leaf === name && one.attachedTo === above.index && (partitioned || one.valid),
    ),
  );
}

interface IndexState {
  readonly parent: ParentShape;
  readonly index: ParentIndex;
  readonly parentIndex: { readonly valid: boolean; readonly printed: string } | undefined;
  /** Each branch before its parts. */
  readonly places: readonly IndexPlace[];
  readonly existing: readonly ObservedLeafIndex[];
}

function statementsOfIndex(state: IndexState): Statement[] {
  const head = state.parentIndex ? [] : [createParentIndexStatement(state.parent, state.index)];
  const printed = state.parentIndex?.printed ?? printedLike(state);
  return [
    ...head,
    ...state.places.flatMap((place) => leafIndexStatements(state.parent, state.index, printed, place, state.existing)),
  ];
}

/** How the server will print it, where a partition shows that already: preview counts what will only be attached. */
function printedLike({ index, existing }: IndexState): string {
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
  const parent = observedParent(observation.table, table.key, observation);
  const found = observation.table.indexes.find((candidate) => candidate.name === spec.name);
  const declared = indexDefinition(spec);
  if (found)
    requireEqual(
      spec,
      found.definition,
      observation.registration?.indexes.find((candidate) => candidate.name === spec.name)?.declared,
      declared,
    );
  const existing = await work.database.observeLeafIndexes(table.schema, table.table);
  const index: ParentIndex = {
    name: spec.name,
    unique: spec.unique,
    definition: declared,
    printed: found?.definition ?? declared,
    leafName: spec.leafName,
    constraint: undefined,
  };
  return {
    parent,
    index,
    parentIndex: found && { valid: found.valid, printed: found.definition },
    places: placesOf(observation.table, parent, index, existing),
    existing,
  };
}

/** Every partition with the index above it: that of the table, or the part of the branch that it is in. */
function placesOf(
  table: ObservedTable,
  parent: ParentShape,
  index: ParentIndex,
  existing: readonly ObservedLeafIndex[],
): IndexPlace[] {
  const places: IndexPlace[] = [];
  const add = (leaves: readonly ObservedLeaf[], above: IndexPlace["above"]): void => {
    for (const leaf of leaves) {
      // A foreign table has no index.
      if (leaf.detachPending || leaf.foreign) continue;
      const { schema, name, partitioned } = leaf;
      places.push({ schema, name, partitioned, above });
      const branch = partitioned ? table.branches.find((candidate) => candidate.leaf === leaf) : undefined;
      if (!branch) continue;
      const own = existing.find((one) => one.schema === schema && one.leaf === name && one.attachedTo === above.index);
      add(branch.leaves, { schema, table: name, index: own?.name ?? leafIndexName(parent, name, index) });
    }
  };
  add(table.leaves, { schema: table.schema, table: table.name, index: index.name });
  return places;
}

async function run(
  work: WorkContext,
  table: { schema: string; table: string; key: KeySpec },
  spec: IndexSpec,
  statements: readonly Statement[],
  leaves: number,
): Promise<void> {
  let done = 0;
  for (const statement of statements) {
    const building = statement.hazards.includes("INDEX_BUILD");
    if (building) work.log.status(`index ${spec.name}: partition ${(done += 1)} of ${leaves}`);
    const leaf = statement.locks.find((lock) => lock.role === "leaf")?.relation;
    const stop =
      building && leaf !== undefined
        ? reportProgress(work.database, leaf, (text) => work.log.status(`index ${spec.name} on ${leaf}: ${text}`))
        : undefined;
    try {
      await work.database.execute([statement, ...recordOf(work, table, spec, statement)], {
        signal: work.signal,
        log: work.log,
        subject: `building index "${spec.name}" of "${table.schema}.${table.table}"`,
      });
    } finally {
      await stop?.();
    }
  }
}

function recordOf(
  work: WorkContext,
  table: { schema: string; table: string },
  spec: IndexSpec,
  statement: Statement,
): Statement[] {
  return statement.sql.includes(" ON ONLY ") ? [recordNewIndex(work, table, spec, statement.transaction)] : [];
}

/** How an index was declared and how the server prints it, for the transaction that makes it: later runs compare with that. */
export function recordNewIndex(
  work: WorkContext,
  table: { schema: string; table: string },
  spec: IndexSpec,
  transaction: string | undefined,
): Statement {
  const entry = { name: spec.name, leafName: spec.leafName, declared: indexDefinition(spec) };
  return {
    ...recordNewIndexStatement(work.management, { schema: table.schema, table: table.table, ...entry }),
    transaction,
  };
}

/** An index of that name that is another one is never touched. */
function requireEqual(spec: IndexSpec, printed: string, recorded: string | undefined, declared: string): void {
  if (recorded === declared || normalize(printed) === normalize(declared)) return;
  throw new Error(
    `index "${spec.name}" exists with another definition: wanted ${declared}, found ${printed}. ` +
      "A definition never changes in place: declare the new one under another key, and remove the old after that",
  );
}

/** Quotes, spaces, brackets and default words do not make a difference. */
function normalize(definition: string): string {
  return definition
    .toLowerCase()
    .replace(/\basc\b|["()\s]/g, "")
    .replace(/::[a-z]+/g, "");
}
