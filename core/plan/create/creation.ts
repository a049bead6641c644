import type { BranchRef } from "../../levels/levels";
import type { DetachedTable, LedgerEntry } from "../../observed/ledger";
import { quoteQualified } from "../../names/identifier";
import type { Observation, ObservedPartition } from "../../observed/observed-table";
import type { Problem } from "../../problems/problem";
import type { WindowSpec } from "../../declare/table/spec";
import { formatInstant, type Instant } from "../../time/instant";
import { formatInterval, toIntervalKey, type OpenInterval, overlaps, isSameInterval } from "../../time/interval";
import type { DesiredPartition } from "../../window/window-partitions";
import { explainDefaultRefusal } from "./default-refusals";
import { type ArchivedRange, listManifests, findLatestArchive, listSinceDestroyed, explainRestoring } from "./history";

/** Action for one desired partition, with its branch if the table has levels. */
export type Creation = CreationStep & { readonly branch?: BranchRef };

type CreationStep =
  | { readonly kind: "present"; readonly partition: DesiredPartition; readonly attached: ObservedPartition }
  /** `lost`: it existed, and another session dropped its table. */
  | { readonly kind: "create"; readonly partition: DesiredPartition; readonly lost: boolean }
  | {
      readonly kind: "attach";
      readonly partition: DesiredPartition;
      readonly detached: DetachedTable;
      /** True outside the window: no session can write to it. */
      readonly readOnly?: true;
    }
  /** A table is created from its archive and then attached. PartitionWindow does that, because it takes long. */
  | {
      readonly kind: "restore";
      readonly partition: DesiredPartition;
      readonly archive: ArchivedRange;
      readonly readOnly?: true;
    }
  | { readonly kind: "refuse"; readonly partition: DesiredPartition; readonly problem: Problem };

/**
 * Compares one desired partition with the database. A partition with equal bounds exists, whatever its name. A table that this
 * stack detached comes back. An overlap, a range that was dropped before, and another table of that name are refused with both
 * sides shown.
 */
export function planCreation(
  spec: Pick<WindowSpec, "allowEmpty" | "restored">,
  partition: DesiredPartition,
  observation: Observation,
): Creation {
  const ledger = listSinceDestroyed(observation.ledger);
  const partitions = observation.table?.partitions ?? [];
  const equal = findPartitionOfBounds(partitions, partition);
  // Half detached it still occupies its range: PartitionWindow finishes the detach, then attaches it again.
  if (equal) return { kind: "present", partition, attached: equal };
  const overlapping = partitions.find(
    (attached) => attached.bounds !== undefined && overlaps(attached.bounds, partition),
  );
  if (overlapping) {
    return refuse(
      partition,
      "conflict",
      `${describe(partition.name, partition)} overlaps ${describe(overlapping.name, overlapping.bounds ?? partition)} (${overlapping.boundsText}).`,
      suggestWayAround(overlapping, partition, partitions),
    );
  }
  // Partitions may be in several schemas: two with the same name would be confused.
  const sameName = partitions.find((attached) => attached.name === partition.name);
  if (sameName) {
    return refuse(
      partition,
      "conflict",
      `a partition called "${partition.name}" exists with other bounds: declared ${formatInterval(partition)}, found ${sameName.boundsText}.`,
      "Rename the existing partition, or change the name template.",
    );
  }
  const lying = explainDefaultRefusal(observation.table, partition);
  if (lying) return refuse(partition, "conflict", lying.message, lying.fix);
  const detached = observation.detached.find((table) => isSameInterval(table.bounds, partition) && !table.awaitsRows);
  if (detached?.foreign)
    return refuse(
      partition,
      "conflict",
      `${describe(partition.name, partition)} comes back into the window, and "${detached.schema}"."${detached.name}", which had left it, is a foreign table.`,
      "Attach it by hand (ALTER TABLE … ATTACH PARTITION), or give it another name to have the range empty.",
    );
  if (detached) return { kind: "attach", partition, detached };
  const inTheWay = observation.detached.find((table) => table.name === partition.name && !table.awaitsRows);
  if (inTheWay) {
    return refuse(
      partition,
      "conflict",
      `the name of ${describe(partition.name, partition)} is taken by a detached table of other bounds (${formatInterval(inTheWay.bounds)}).`,
      "Rename that table, or change the name template.",
    );
  }
  const archives = listManifests(partition, ledger);
  if (wasDropped(partition, ledger) && !spec.allowEmpty.some((interval) => isSameInterval(interval, partition))) {
    const archive = findLatestArchive(partition, ledger);
    if (archive && spec.restored.some(({ range }) => overlaps(range, partition)))
      return { kind: "restore", partition, archive };
    return refuse(
      partition,
      "dropped-range-returns",
      `${describe(partition.name, partition)} comes back into the window, but its rows were dropped${archives.length > 0 ? ", after they had been archived" : ""}.`,
      `To have it back empty, declare allowEmpty: [${JSON.stringify(formatInterval(partition))}]. ${explainRestoring(partition, ledger)}`,
    );
  }
  const unfilled = observation.detached.find((table) => table.awaitsRows && table.name === partition.name);
  if (unfilled) {
    return refuse(
      partition,
      "conflict",
      `the name of ${describe(partition.name, partition)} is taken by a table without rows, which an interrupted restore of ${formatInterval(unfilled.bounds)} left.`,
      "Drop that table, or name the range in restored.",
    );
  }
  return { kind: "create", partition, lost: wasOurs(partition, ledger) };
}

/**
 * Suggests what to declare instead of a partition that would overlap an existing one. The nearest bound suffices if what follows
 * is cut alike; the end of what exists without a gap always does. A partition with an open bound is no segment of a grid.
 */
function suggestWayAround(
  cut: ObservedPartition,
  wanted: OpenInterval,
  partitions: readonly ObservedPartition[],
): string {
  const { from, to } = cut.bounds ?? wanted;
  const detach = `detach it (ALTER TABLE … DETACH PARTITION ${quoteQualified(cut.schema, cut.name)})`;
  if (!to) {
    const since = from ? formatInstant(from) : undefined;
    return (
      `"${cut.name}" has no end, so no other partition can begin ${since ? `at ${since} or later` : "anywhere"}. ` +
      `${since ? `End the window there, lead: { until: ${JSON.stringify(since)} }; or ${detach}` : `D${detach.slice(1)}`}, and attach it again with the end that its rows have.`
    );
  }
  if (!from)
    return (
      `"${cut.name}" has no beginning, so it contains every earlier interval. ` +
      `Begin the window there, start: ${JSON.stringify(formatInstant(to))}; or ${detach}, and attach it again with the beginning that its rows have. ` +
      `Otherwise it remains attached with its rows until confirmDrops names ${JSON.stringify(formatInterval({ from, to }))}.`
    );
  const segment = `{ from: ${JSON.stringify(formatInstant(from))}, to: ${JSON.stringify(formatInstant(to))}, every: "whole", name: ${JSON.stringify(cut.name)} }`;
  return `${describeMeeting(cut, to, partitions)} The existing partition can also be a segment of the grid, ${segment}; or ${detach}, which keeps its rows as a table.`;
}

function describeMeeting(cut: ObservedPartition, nearest: Instant, partitions: readonly ObservedPartition[]): string {
  const byStart = new Map(
    partitions.flatMap((partition) =>
      partition.bounds?.from ? [[partition.bounds.from.toString(), partition] as const] : [],
    ),
  );
  let last = cut;
  for (let next = byStart.get(nearest.toString()); next; next = byStart.get(next.bounds?.to?.toString() ?? ""))
    last = next;
  const end = last.bounds?.to;
  const where = `A grid changes only where a partition ends: the nearest bound is ${formatInstant(nearest)}, the end of "${cut.name}".`;
  if (last === cut) return `${where} Begin the new segment there.`;
  return end
    ? `${where} Where those after it are not cut alike, begin the new segment at ${formatInstant(end)}, after "${last.name}".`
    : `${where} "${last.name}" after it has no end.`;
}

/** Partitions of one observation by their bounds; cached, because a window looks up each of its partitions. */
const byBounds = new WeakMap<readonly ObservedPartition[], ReadonlyMap<string, ObservedPartition>>();

function findPartitionOfBounds(
  partitions: readonly ObservedPartition[],
  bounds: OpenInterval,
): ObservedPartition | undefined {
  const known =
    byBounds.get(partitions) ??
    new Map(
      partitions.flatMap((partition) =>
        partition.bounds ? [[toIntervalKey(partition.bounds), partition] as const] : [],
      ),
    );
  byBounds.set(partitions, known);
  return known.get(toIntervalKey(bounds));
}

/** True if the last entry of the ledger says that the partition existed: another session then dropped it with its rows. */
function wasOurs(partition: OpenInterval, ledger: readonly LedgerEntry[]): boolean {
  const last = ledger.filter((entry) => isSameInterval(entry.bounds, partition)).at(-1);
  return last?.event === "created" || last?.event === "adopted" || last?.event === "attached";
}

/** Checks by overlap, not equal bounds: after a change of the grid a dropped month must not return silently as an empty week. */
function wasDropped(partition: OpenInterval, ledger: readonly LedgerEntry[]): boolean {
  return ledger.some(
    (entry, index) =>
      entry.event === "dropped" &&
      !isWhole(entry) &&
      overlaps(entry.bounds, partition) &&
      !wasBroughtBack(ledger.slice(index + 1), partition, entry.bounds),
  );
}

/** True for a default partition, which has no range: its rows do not count as the loss of any. */
function isWhole(entry: LedgerEntry): boolean {
  return entry.branch === "" && !entry.bounds.from && !entry.bounds.to;
}

/** True if the range exists again since then: its loss was reported and accepted at that time. */
function wasBroughtBack(later: readonly LedgerEntry[], partition: OpenInterval, dropped: OpenInterval): boolean {
  return later.some(
    (entry) =>
      (entry.event === "created" || entry.event === "attached" || entry.event === "adopted") &&
      (isSameInterval(entry.bounds, partition) || isSameInterval(entry.bounds, dropped)),
  );
}

function describe(name: string, interval: OpenInterval): string {
  return `partition "${name}" (${formatInterval(interval)})`;
}

function refuse(partition: DesiredPartition, code: Problem["code"], message: string, fix: string): Creation {
  return { kind: "refuse", partition, problem: { path: "window", code, message, fix } };
}
