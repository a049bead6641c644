import type { DetachedTable } from "../../observed/ledger";
import type { Observation, ObservedPartition } from "../../observed/observed-table";

/** Matches tables that are dropped with their parent: detached with a promise, and archived if that was promised. */
export function isDroppedWithTable({ archived, dropAfter }: Pick<DetachedTable, "archived" | "dropAfter">): boolean {
  return archived !== undefined || dropAfter !== undefined;
}

/** Lists what goes with a destroyed table: every attached partition, and the detached ones that were to be dropped anyway. */
export function listDroppedWithTable({
  table,
  detached,
}: Pick<Observation, "table" | "detached">): (ObservedPartition | DetachedTable)[] {
  return [...(table?.partitions ?? []), ...detached.filter(isDroppedWithTable)];
}
