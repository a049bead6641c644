import { formatPartitionResourceName } from "../names/child-names";
import { formatMemberId, formatTableId } from "../names/resource-id";
import { planWindow } from "../window/window-partitions";
import { isSameInterval } from "../time/interval";
import type { Instant } from "../time/instant";
import type { Adoption } from "./adopt-table";

/** Input of `pulumi import --file`. */
export interface ImportFile {
  readonly resources: readonly ImportedResource[];
}

/** One resource to import, under the name that the component gives it. */
interface ImportedResource {
  readonly type: string;
  readonly name: string;
  readonly id?: string;
  /** The component that it is a child of, by its name in this file. */
  readonly parent?: string;
  readonly component?: true;
}

/**
 * Returns the table, the existing partitions that the declared window wants, and the table's indexes. The window is read from the
 * registry, so it is imported only if the table was managed before; otherwise the first update creates it, which changes nothing
 * of the table.
 */
export function importFile(
  adoption: Adoption,
  found: {
    readonly name: string;
    readonly now: Instant;
    readonly indexes: readonly string[];
    readonly managed: boolean;
  },
): ImportFile {
  const { spec } = adoption;
  const { name } = found;
  const table = { schema: spec.schema, table: spec.table };
  const importChild = (type: string, childName: string, id: string): ImportedResource => ({
    type: `pgpartition:index:${type}`,
    name: childName,
    id,
    parent: name,
  });
  const desired = spec.window.resources === "window" ? [] : planWindow(spec.window, found.now).desired;
  const partitions = desired.flatMap((wanted) => {
    const there = adoption.partitions.find((partition) => isSameInterval(partition, wanted));
    return there
      ? [importChild("Partition", formatPartitionResourceName(name, wanted), formatMemberId(table, there.name))]
      : [];
  });
  return {
    resources: [
      { type: "pgpartition:index:PartitionedTable", name, component: true },
      importChild("Table", `${name}-table`, formatTableId(table)),
      ...partitions,
      ...spec.indexes
        .filter((index) => found.indexes.includes(index.name))
        .map((index) => importChild("Index", `${name}-${index.index}`, formatMemberId(table, index.name))),
      ...(found.managed ? [importChild("PartitionWindow", `${name}-window`, formatTableId(table))] : []),
    ],
  };
}
