import { fitIdentifier } from "../../names/identifier";
import type {
  Observation,
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
  const partitions = source.partitions.map((partition) => describePartition(source, partition));
  const after = observePartitioned(toParent(source), partitions, before);
  return opens && after.table ? { ...after, table: { ...after.table, wayBack: describeWayBack(opens.until) } } : after;
}

/** Returns the indexes of the partitions after the swap, each attached to that of the table. */
export function observeCopiedIndexes(source: CopySource): ObservedPartitionIndex[] {
  return source.partitions.flatMap(({ name }) =>
    listIndexes(toParent(source)).map((index) => ({
      ...index,
      name: nameOnPartition(name, index),
      schema: source.table.schema,
      partition: name,
      attachedTo: index.name,
      building: false,
    })),
  );
}

function toParent(source: CopySource) {
  return { ...source, historyName: source.names.former };
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

function describePartition(source: CopySource, { name, from, to }: CopyPartition): ObservedPartition {
  const { table, bound } = source;
  const { owner, ours, rowSecurity, replicaIdentity, options, toast, tablespace, statistics } = bound.carried;
  const unique = listIndexes(toParent(source)).filter((index) => index.unique);
  return {
    oid: NO_OID,
    schema: table.schema,
    name,
    boundsText: formatCopyBounds(source, { name, from, to }),
    bounds: { from, to },
    isDefault: false,
    partitioned: false,
    detachPending: false,
    rows: undefined,
    bytes: 0,
    carried: {
      owner,
      ours,
      rowSecurity,
      replicaIdentity: replicaIdentity.kind === "index" ? { kind: "default" } : replicaIdentity,
      options,
      toast,
      tablespace,
      statistics,
      policies: [],
      grants: [],
      uniqueIndexes: Object.fromEntries(unique.map((index) => [index.name, nameOnPartition(name, index)])),
    },
  };
}
