import type { LedgerEntry } from "../../observed/ledger";
import type { Observation } from "../../observed/table";
import type { WindowSpec } from "../../declare/table/spec";
import type { Instant } from "../../time/instant";
import {
  formatInterval,
  type Interval,
  intervalKey,
  type OpenInterval,
  overlaps,
  sameInterval,
} from "../../time/interval";
import type { DesiredPartition } from "../../window/window";
import type { Creation } from "./creation";
import { refusedByDefault } from "./default-refusals";
import { latestArchive, sinceDestroyed } from "./history";
import { restoredNow } from "../retire/pins";

/**
 * Plans the archived ranges that `restored` names outside the window and that no partition has. A table that still exists,
 * detached or restored by a killed update, is attached; otherwise the archive is read. They become read-only.
 *
 * @param desired the partitions of the window, which are planned elsewhere
 */
export function planRestores(
  spec: Pick<WindowSpec, "restored">,
  desired: readonly DesiredPartition[],
  observation: Observation,
  now: Instant,
): Creation[] {
  if (spec.restored.length === 0) return [];
  const ledger = sinceDestroyed(observation.ledger);
  const leaves = observation.table?.leaves ?? [];
  return candidates(observation, ledger).flatMap((partition): Creation[] => {
    if (!restoredNow(spec, partition, now) || desired.some((one) => overlaps(one, partition))) return [];
    const there = leaves.find((leaf) => leaf.bounds !== undefined && overlaps(leaf.bounds, partition));
    if (there?.bounds && sameInterval(there.bounds, partition)) return [];
    if (there) return [inTheWay(partition, `"${there.name}" ${there.boundsText} overlaps it`)];
    if (leaves.some((leaf) => leaf.name === partition.name))
      return [inTheWay(partition, `a partition of other bounds is called "${partition.name}"`)];
    const lying = refusedByDefault(observation.table, partition);
    return [lying ? inTheWay(partition, lying.message) : restoreOf(partition, observation, ledger)];
  });
}

/** Attaches a table that exists with all its rows; reads the archive otherwise. */
function restoreOf(partition: DesiredPartition, observation: Observation, ledger: readonly LedgerEntry[]): Creation {
  const detached = observation.detached.find((table) => sameInterval(table.bounds, partition) && !table.half);
  if (detached) return { kind: "attach", partition, detached, readOnly: true };
  const archive = latestArchive(partition, ledger);
  if (!archive) return inTheWay(partition, "the ledger has no archive of it");
  return { kind: "restore", partition, archive, readOnly: true };
}

/** Lists ranges with both bounds that were archived, or that a detached table holds. */
function candidates(observation: Observation, ledger: readonly LedgerEntry[]): DesiredPartition[] {
  const found = new Map<string, DesiredPartition>();
  const add = (bounds: OpenInterval, name: string) => {
    if (isClosed(bounds)) found.set(intervalKey(bounds), { from: bounds.from, to: bounds.to, name });
  };
  for (const entry of ledger) if (entry.event === "archived") add(entry.bounds, entry.partition);
  for (const table of observation.detached) if (!table.half) add(table.bounds, table.name);
  return [...found.values()];
}

function isClosed(bounds: OpenInterval): bounds is Interval {
  return bounds.from !== undefined && bounds.to !== undefined;
}

function inTheWay(partition: DesiredPartition, why: string): Creation {
  return {
    kind: "refuse",
    partition,
    problem: {
      path: "restored",
      code: "conflict",
      message: `the archive of ${formatInterval(partition)} ("${partition.name}") cannot come back as a partition: ${why}.`,
      fix: `Restore it as a table: pgpartition restore --from ${partition.from.toString()} --to ${partition.to.toString()}; and remove it from restored.`,
    },
  };
}
