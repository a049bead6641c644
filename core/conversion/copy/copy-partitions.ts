import { MAX_WINDOW_INTERVALS } from "../../defaults";
import type { WindowSpec } from "../../declare/table/spec";
import { formatPartitionName } from "../../names/template";
import { findIntervalAt, listIntervalsBetween } from "../../time/grid";
import type { DeclaredCopy } from "../../resources/conversion";
import { compareInstants, type Instant } from "../../time/instant";
import type { Interval } from "../../time/interval";
import { computeLeadEnd } from "../../window/window-partitions";
import type { CopyPartition } from "./copy-source";

/** What decides about them. */
interface Declared extends Pick<WindowSpec, "grid" | "lead" | "table">, Pick<DeclaredCopy, "historyOf"> {
  readonly key: Pick<WindowSpec["key"], "zone">;
}

/**
 * Returns the partitions of a copy: those from the first row's interval, or the present one, to the end of the lead or to the last row;
 * of a history that is split, to its end. The window creates those that are missing, and retires what has expired.
 */
export function planCopyPartitions(declared: Declared, now: Instant, rows: Rows | undefined): CopyPartition[] {
  const { grid, historyOf, key, table } = declared;
  const { from, to } = historyOf ? findHistory(declared, historyOf.until, rows) : findCovered(declared, now, rows);
  const partitions: CopyPartition[] = [];
  for (const interval of listIntervalsBetween(grid, from, to, key.zone)) {
    if (partitions.length > MAX_WINDOW_INTERVALS) break;
    partitions.push({
      name: formatPartitionName(interval.segment.name, historyOf?.table ?? table, interval, key.zone),
      from: interval.from,
      to: interval.to,
    });
  }
  return partitions;
}

/** Times of the first and the last row. */
interface Rows {
  readonly from: Instant;
  readonly to: Instant;
}

/** Without a row, its last interval. */
function findHistory({ grid, key }: Declared, until: Instant, rows: Rows | undefined): Interval {
  const last = until.subtract({ nanoseconds: 1 });
  return { from: rows?.from ?? findIntervalAt(grid, last, key.zone)?.from ?? last, to: until };
}

function findCovered({ grid, lead, key: { zone } }: Declared, now: Instant, rows: Rows | undefined): Interval {
  const first = findIntervalAt(grid, now, zone)?.from ?? now;
  const last = computeLeadEnd({ lead, key: { zone } }, first);
  const from = rows && compareInstants(rows.from, first) < 0 ? rows.from : first;
  // An interval that begins with the last row is needed too.
  const to = rows && compareInstants(rows.to, last) >= 0 ? rows.to.add({ nanoseconds: 1 }) : last;
  return { from, to };
}
