import { formatInstant, type Instant } from "../time/instant";
import type { Interval } from "../time/interval";

/**
 * Returns the name of a Partition among the children of a table: from the bounds, never from the name template, because renaming
 * partitions must not replace resources.
 */
export function formatPartitionResourceName(table: string, partition: Interval): string {
  return `${table}-${formatCompact(partition.from)}_${formatCompact(partition.to)}`;
}

function formatCompact(instant: Instant): string {
  return formatInstant(instant).replace(/T00:00:00Z$/, "");
}
