import { shouldConvertDefault, countRowsWithin } from "../../partition/carry/default-shape";
import { MAX_DRAINED_ROWS } from "../../defaults";
import type { ObservedTable } from "../../observed/observed-table";
import type { ObservedDefault, RowCounts } from "../../observed/observed-default";
import type { Problem } from "../../problems/problem";
import { formatInstant } from "../../time/instant";
import { formatInterval, type OpenInterval, overlaps } from "../../time/interval";
import type { DesiredPartition } from "../../window/window-partitions";

/**
 * Explains why a partition cannot take its rows out of the default partition, with the fix; undefined: it can, or the default
 * partition has none of them. Checked before any change: PostgreSQL would refuse the ATTACH with 23514.
 */
export function explainDefaultRefusal(
  table: ObservedTable | undefined,
  partition: DesiredPartition,
): Pick<Problem, "message" | "fix"> | undefined {
  const found = table?.defaultPartition;
  const rows = found && countRowsWithin({ counted: found.counted }, partition);
  if (!table || !found?.counted || rows === undefined || rows === 0) return undefined;
  const message = `${rows} rows of partition "${partition.name}" (${formatInterval(partition)}) are in the default partition "${found.name}"`;
  if (!found.declared) {
    return {
      message: `${message}, which is not declared.`,
      fix: `Declare it, defaultPartition: { name: ${JSON.stringify(found.name)} }, and they move when the partition is created; or move them first.`,
    };
  }
  if (table.referencedBy.length > 0) {
    return {
      message: `${message}, and rows of ${table.referencedBy.join(", ")} may refer to them: a move would delete them for an instant.`,
      fix: "Drop the foreign keys for the time of one update, or move these rows in your own transaction.",
    };
  }
  if (shouldConvertDefault({ counted: found.counted, managed: true }, partition)) return undefined;
  if (rows > MAX_DRAINED_ROWS)
    return {
      message: `${message}; up to ${MAX_DRAINED_ROWS} are moved in one transaction.`,
      fix: suggestFix(found.counted, table, partition),
    };
  return found.few ? undefined : explainWaitingReaders(found, message);
}

/**
 * Refuses if the default partition is large and triggers or row security would see the move: its lock is not held while it is
 * read, and they cannot be switched off without it.
 */
function explainWaitingReaders(found: ObservedDefault, message: string): Pick<Problem, "message" | "fix"> | undefined {
  const triggers = found.triggers
    .filter((trigger) => trigger.onDelete && trigger.fires !== "never")
    .map((trigger) => `"${trigger.name}"`);
  if (triggers.length === 0 && !found.hidden) return undefined;
  const what = triggers.length > 0 ? `the triggers ${triggers.join(", ")}` : "row security";
  return {
    message: `${message} among more than ${MAX_DRAINED_ROWS} others, and ${what} would see their move.`,
    fix: "Move these rows in your own transaction, or switch that off for the time of one update.",
  };
}

/**
 * Suggests a fix. If no other partition is between its rows, they can all be one, and the default partition becomes it. In window
 * mode all missing ranges were counted, and their bounds are those of the segment; a separate partition knows only its own rows.
 */
function suggestFix(counted: RowCounts, table: ObservedTable, partition: DesiredPartition): string {
  const filled = counted.ranges.filter((range) => range.rows > 0);
  const inside = filled.reduce((sum, range) => sum + range.rows, 0);
  const whole: OpenInterval = {
    from: (filled[0]?.bounds ?? partition).from,
    to: (filled.at(-1)?.bounds ?? partition).to,
  };
  if (inside === counted.total && whole.from && whole.to && !overlapsPartition(table, whole)) {
    return (
      `Declare their range as one segment of the grid, { from: "${formatInstant(whole.from)}", to: "${formatInstant(whole.to)}", every: "whole", name: … }, ` +
      `between those before and after it${BECOMES}`
    );
  }
  const { span } = counted;
  if (!span || overlapsPartition(table, { from: span.first, to: span.last }))
    return "Other partitions are between its rows, so it cannot become one partition: move the rows of single ranges in your own transactions, 10,000 at a time.";
  const others = counted.total - span.rows;
  const first = others > 0 ? `${others} of its rows have no finite time: move or delete those first. ` : "";
  return (
    `${first}Its rows reach from ${formatInstant(span.first)} to ${formatInstant(span.last)}: declare that range as one segment of the grid, ` +
    `every: "whole" with from and to where intervals begin, between those before and after it${BECOMES}`
  );
}

const BECOMES =
  ": then the default partition becomes that partition without moving a row, and an empty one takes its place.";

function overlapsPartition(table: ObservedTable, range: OpenInterval): boolean {
  return table.partitions.some((partition) => partition.bounds !== undefined && overlaps(partition.bounds, range));
}
