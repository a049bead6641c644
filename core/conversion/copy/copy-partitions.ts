import { MAX_WINDOW_INTERVALS } from "../../defaults";
import type { WindowSpec } from "../../declare/table/spec";
import { formatPartitionName } from "../../names/template";
import { listIntervalsBetween } from "../../time/grid";
import { compareInstants, type Instant } from "../../time/instant";
import { computeLeadEnd, planWindow } from "../../window/window-partitions";
import type { CopyPartition } from "./copy-source";

/**
 * Returns the partitions of a copy: those of the window, and one for each interval of the grid that has rows before or after it. What
 * has expired is retired afterwards like everything else.
 */
export function planCopyPartitions(
  window: WindowSpec,
  now: Instant,
  rows: { readonly from: Instant; readonly to: Instant } | undefined,
): CopyPartition[] {
  const { desired } = planWindow(window, now);
  const first = desired[0]?.from ?? now;
  const last = computeLeadEnd(window, now);
  const from = rows && compareInstants(rows.from, first) < 0 ? rows.from : first;
  // An interval that begins with the last row is needed too.
  const to = rows && compareInstants(rows.to, last) >= 0 ? rows.to.add({ nanoseconds: 1 }) : last;
  const partitions: CopyPartition[] = [];
  for (const interval of listIntervalsBetween(window.grid, from, to, window.key.zone)) {
    if (partitions.length > MAX_WINDOW_INTERVALS) break;
    partitions.push({
      name: formatPartitionName(interval.segment.name, window.table, interval, window.key.zone),
      from: interval.from,
      to: interval.to,
    });
  }
  return partitions;
}
