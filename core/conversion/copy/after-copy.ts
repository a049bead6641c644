import type { Observation, ObservedPartition, ObservedPartitionIndex } from "../../observed/observed-table";
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

/** Returns the indexes of the partitions after the swap, each attached to that of the table. The server chooses their names. */
export function observeCopiedIndexes(source: CopySource): ObservedPartitionIndex[] {
  return source.partitions.flatMap(({ name }) =>
    listIndexes(toParent(source)).map((index) => ({
      ...index,
      name: nameOnPartition(name, index.name),
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

function nameOnPartition(partition: string, index: string): string {
  return `${partition}_${index}`;
}

export function describePartition(source: CopySource, { name, from, to }: CopyPartition): ObservedPartition {
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
      uniqueIndexes: Object.fromEntries(unique.map((index) => [index.name, nameOnPartition(name, index.name)])),
    },
  };
}
