import { quoteList } from "../../names/identifier";
import type {
  CarriedState,
  Observation,
  ObservedConstraint,
  ObservedIndex,
  ObservedPartition,
  ObservedPartitionIndex,
  ObservedTable,
} from "../../observed/observed-table";
import type { Cut } from "../../partition/statements/new-table";
import {
  type AttachSource,
  findPrimaryKey,
  formatHistoryEnd,
  nameHistoryCheck,
  namePrimaryKey,
  nameWiderKey,
  needsWiderKey,
  renameForHistory,
} from "./attach-source";

// The database as the swap leaves it, for the rest of a preview: the other resources of the table plan on it.

/** What is known of the plain table's size. */
interface HistorySize {
  readonly rows: number | undefined;
  readonly bytes: number;
}

/** Returns the observation of the table after the swap. */
export function observeAfterSwap(source: AttachSource, size: HistorySize, before: Observation): Observation {
  const cut = { strategy: "range", column: source.key.column } as const;
  return observePartitioned(source, { partitions: [describeHistory(source, size)], branches: [], cut }, before);
}

/** What the partitioned table is made from, whatever its partitions are. */
type ParentSource = Pick<AttachSource, "table" | "bound" | "key" | "primaryKey" | "historyName">;

/** Returns the observation of a plain table as the partitioned one that it becomes, with these partitions. */
export function observePartitioned(
  source: ParentSource,
  { partitions, branches, cut }: Pick<ObservedTable, "partitions" | "branches"> & { readonly cut: Cut },
  before: Observation,
): Observation {
  const { table, key, bound } = source;
  const columns = new Set([...(source.primaryKey ?? []), key.column]);
  const check = nameHistoryCheck(source);
  const after: ObservedTable = {
    ...table,
    oid: NO_OID,
    kind: "partitioned",
    key: {
      strategy: cut.strategy,
      columns: [cut.column],
      types: table.columns.filter(({ name }) => name === cut.column).map(({ type }) => type),
    },
    columns: table.columns.map((column) => (columns.has(column.name) ? { ...column, nullable: false } : column)),
    constraints: listConstraints(source).filter(({ name }) => name !== check),
    indexes: listIndexes(source),
    partitions,
    branches,
    defaultPartition: undefined,
    carried: describeParent(bound.carried),
  };
  return { ...before, table: after };
}

/** The partitioned table does not exist yet. */
export const NO_OID = "0";

/** Returns the indexes of the history after the swap, each attached to that of the partitioned table. */
export function observeHistoryIndexes(source: AttachSource): ObservedPartitionIndex[] {
  const { table, historyName } = source;
  return listIndexes(source).map((index) => ({
    ...index,
    name: nameOnHistory(source, index),
    schema: table.schema,
    partition: historyName,
    attachedTo: index.name,
    building: false,
  }));
}

function nameOnHistory(source: AttachSource, index: ObservedIndex): string {
  return index.constraint?.kind === "primary" && needsWiderKey(source)
    ? nameWiderKey(source)
    : renameForHistory(index.name, source.table.name, source.historyName);
}

function listConstraints(source: ParentSource): readonly ObservedConstraint[] {
  const { table, primaryKey } = source;
  if (!needsWiderKey(source) || primaryKey === undefined) return table.constraints;
  const found = findPrimaryKey(table);
  const wider: ObservedConstraint = {
    name: namePrimaryKey(table),
    kind: "primary",
    columns: primaryKey,
    definition: `PRIMARY KEY (${primaryKey.join(", ")})`,
    validated: true,
    references: undefined,
  };
  return [wider, ...table.constraints.filter((one) => one !== found)];
}

export function listIndexes(source: ParentSource): ObservedIndex[] {
  const { table, primaryKey } = source;
  const present = table.indexes.filter(({ valid, name }) => valid && name !== nameWiderKey(source));
  if (!needsWiderKey(source) || primaryKey === undefined) return present;
  const name = namePrimaryKey(table);
  const definition = `PRIMARY KEY (${quoteList(primaryKey)})`;
  const wider: ObservedIndex = {
    name,
    definition: `USING btree (${primaryKey.join(", ")})`,
    unique: true,
    valid: true,
    columns: primaryKey,
    constraint: { name, kind: "primary", definition },
  };
  return [wider, ...present.filter(({ constraint }) => constraint?.kind !== "primary")];
}

function describeHistory(source: AttachSource, size: HistorySize): ObservedPartition {
  const { table, bound } = source;
  const unique = listIndexes(source).filter((index) => index.unique);
  return {
    oid: table.oid,
    schema: table.schema,
    name: source.historyName,
    boundsText: `FOR VALUES FROM (MINVALUE) TO (${formatHistoryEnd(source)})`,
    bounds: { from: undefined, to: source.historyUntil },
    isDefault: false,
    partitioned: false,
    detachPending: false,
    rows: size.rows,
    bytes: size.bytes,
    carried: {
      ...bound.carried,
      uniqueIndexes: Object.fromEntries(unique.map((index) => [index.name, nameOnHistory(source, index)])),
    },
  };
}

/** A partitioned table has neither storage nor, unless it names one, a tablespace. */
function describeParent(carried: CarriedState): CarriedState {
  const { tablespace, ...others } = carried;
  return {
    ...others,
    options: {},
    toast: undefined,
    tablespace: carried.unsaid?.placed === true ? tablespace : undefined,
  };
}
