import { MAX_WINDOW_INTERVALS } from "../../defaults";
import type { WindowSpec } from "../../declare/table/spec";
import { formatPartitionName } from "../../names/template";
import { findIntervalAt, listIntervalsBetween } from "../../time/grid";
import { compareInstants, type Instant } from "../../time/instant";
import { computeLeadEnd } from "../../window/window-partitions";
import type { CopyPartition } from "./copy-source";

/** What decides about them. */
interface Declared extends Pick<WindowSpec, "grid" | "lead" | "table"> {
  readonly key: Pick<WindowSpec["key"], "zone">;
}

/**
 * Returns the partitions of a copy: those from the first row's interval, or the present one, to the end of the lead or to the last row.
 * The window creates those that are missing, and retires what has expired.
 */
export function planCopyPartitions(
  { grid, lead, table, key: { zone } }: Declared,
  now: Instant,
  rows: { readonly from: Instant; readonly to: Instant } | undefined,
): CopyPartition[] {
  const first = findIntervalAt(grid, now, zone)?.from ?? now;
  const last = computeLeadEnd({ lead, key: { zone } }, first);
  const from = rows && compareInstants(rows.from, first) < 0 ? rows.from : first;
  // An interval that begins with the last row is needed too.
  const to = rows && compareInstants(rows.to, last) >= 0 ? rows.to.add({ nanoseconds: 1 }) : last;
  const partitions: CopyPartition[] = [];
  for (const interval of listIntervalsBetween(grid, from, to, zone)) {
    if (partitions.length > MAX_WINDOW_INTERVALS) break;
    partitions.push({
      name: formatPartitionName(interval.segment.name, table, interval, zone),
      from: interval.from,
      to: interval.to,
    });
  }
  return partitions;
}
