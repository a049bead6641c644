import { fitIdentifier } from "../../names/identifier";
import type {
  Observation,
  ObservedBranch,
  ObservedIndex,
  ObservedPartition,
  ObservedPartitionIndex,
} from "../../observed/observed-table";
import { listIndexes, NO_OID, observePartitioned } from "../attach/after-swap";
import { type CopyPartition, type CopySource, formatCopyBounds } from "./copy-source";

import { describeWayBack, type OpenedWayBack } from "./say-way-back";

// The database as the swap of a copy leaves it, for the rest of a preview.

/** Returns the observation of the table after the swap. The size of each partition is not known before the copy. */
export function observeAfterCopy(
  source: CopySource,
  before: Observation,
  opens: OpenedWayBack | undefined,
): Observation {
  const { cut, names } = source;
  const tree = { partitions: listBelow(source, names.target), branches: listBranches(source) };
  const after = observePartitioned(toParent(source), { ...tree, cut }, before);
  return opens && after.table ? { ...after, table: { ...after.table, wayBack: describeWayBack(opens.until) } } : after;
}

/** Returns the indexes of the partitions after the swap, each attached to that of its parent. */
export function observeCopiedIndexes(source: CopySource): ObservedPartitionIndex[] {
  return source.partitions.flatMap(({ name, parent }) =>
    listIndexes(toParent(source)).map((index) => ({
      ...index,
      name: nameOnPartition(name, index),
      schema: source.table.schema,
      partition: name,
      attachedTo: parent === source.names.target ? index.name : nameOnPartition(parent, index),
      building: false,
    })),
  );
}

function toParent(source: CopySource) {
  const primaryKey = source.primaryKey.length === 0 ? undefined : source.primaryKey;
  return { ...source, primaryKey, historyName: source.names.former };
}

/**
 * Names an index of a partition as the server does: by the columns. Where that does not fit or is taken, and for expressions, it
 * chooses otherwise; the name is then only what it might be.
 */
function nameOnPartition(partition: string, { name, columns, constraint }: ObservedIndex): string {
  if (constraint?.kind === "primary") return fitIdentifier(`${partition}_pkey`);
  if (columns.length === 0) return fitIdentifier(`${partition}_${name}`);
  return fitIdentifier([partition, ...columns, constraint ? "key" : "idx"].join("_"));
}

function listBelow(source: CopySource, parent: string): ObservedPartition[] {
  return source.partitions.filter((one) => one.parent === parent).map((one) => describePartition(source, one));
}

function listBranches(source: CopySource): ObservedBranch[] {
  return source.partitions.flatMap((one): ObservedBranch[] => {
    const { name, cut } = one;
    if (!cut) return [];
    const partitions = listBelow(source, name);
    // A partition of an interval that HASH divides further has no path of values.
    const path = isBranch(one) ? one.path : undefined;
    return [{ partition: describePartition(source, one), path, ...cut, partitions }];
  });
}

function isBranch({ path, from, to, bound }: CopyPartition): boolean {
  return bound !== undefined && path.length > 0 && from === undefined && to === undefined;
}

export function describePartition(source: CopySource, one: CopyPartition): ObservedPartition {
  const { table, bound, names } = source;
  const { name, from, to, parent, path, cut } = one;
  const { owner, ours, rowSecurity, replicaIdentity, options, toast, tablespace, statistics } = bound.carried;
  const unique = listIndexes(toParent(source)).filter((index) => index.unique);
  const isInterval = one.bound === undefined;
  const above = isInterval ? path : isBranch(one) ? path.slice(0, -1) : undefined;
  return {
    oid: NO_OID,
    schema: table.schema,
    name,
    boundsText: formatCopyBounds(source, one),
    bounds: isInterval ? { from, to } : undefined,
    isDefault: false,
    partitioned: cut !== undefined,
    detachPending: false,
    rows: undefined,
    bytes: 0,
    ...(above === undefined || parent === names.target
      ? {}
      : { parent: { schema: table.schema, name: parent, path: above } }),
    carried: {
      owner,
      ours,
      rowSecurity,
      replicaIdentity: replicaIdentity.kind === "index" ? { kind: "default" } : replicaIdentity,
      options: cut ? {} : options,
      toast: cut ? undefined : toast,
      tablespace,
      statistics,
      policies: [],
      grants: [],
      uniqueIndexes: Object.fromEntries(unique.map((index) => [index.name, nameOnPartition(name, index)])),
    },
  };
}
