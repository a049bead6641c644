import type { LedgerEntry } from "../../observed/ledger";
import type { Observation } from "../../observed/observed-table";
import type { WindowSpec } from "../../declare/table/spec";
import type { Instant } from "../../time/instant";
import {
  formatInterval,
  type Interval,
  toIntervalKey,
  type OpenInterval,
  overlaps,
  isSameInterval,
} from "../../time/interval";
import type { DesiredPartition } from "../../window/window-partitions";
import type { Creation } from "./creation";
import { explainDefaultRefusal } from "./default-refusals";
import { findLatestArchive, listSinceDestroyed } from "./history";
import { findRestored } from "../retire/pins";

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
  const ledger = listSinceDestroyed(observation.ledger);
  const partitions = observation.table?.partitions ?? [];
  return listCandidates(observation, ledger).flatMap((partition): Creation[] => {
    if (!findRestored(spec, partition, now) || desired.some((one) => overlaps(one, partition))) return [];
    const there = partitions.find((attached) => attached.bounds !== undefined && overlaps(attached.bounds, partition));
    if (there?.bounds && isSameInterval(there.bounds, partition)) return [];
    if (there) return [refuseInTheWay(partition, `"${there.name}" ${there.boundsText} overlaps it`)];
    if (partitions.some((attached) => attached.name === partition.name))
      return [refuseInTheWay(partition, `a partition of other bounds is called "${partition.name}"`)];
    const lying = explainDefaultRefusal(observation.table, partition);
    return [lying ? refuseInTheWay(partition, lying.message) : planRestore(partition, observation, ledger)];
  });
}

/** Attaches a table that exists with all its rows; reads the archive otherwise. */
function planRestore(partition: DesiredPartition, observation: Observation, ledger: readonly LedgerEntry[]): Creation {
  const detached = observation.detached.find((table) => isSameInterval(table.bounds, partition) && !table.awaitsRows);
  if (detached) return { kind: "attach", partition, detached, readOnly: true };
  const archive = findLatestArchive(partition, ledger);
  if (!archive) return refuseInTheWay(partition, "the ledger has no archive of it");
  return { kind: "restore", partition, archive, readOnly: true };
}

/** Lists ranges with both bounds that were archived, or that a detached table holds. */
function listCandidates(observation: Observation, ledger: readonly LedgerEntry[]): DesiredPartition[] {
  const found = new Map<string, DesiredPartition>();
  const add = (bounds: OpenInterval, name: string) => {
    if (isClosed(bounds)) found.set(toIntervalKey(bounds), { from: bounds.from, to: bounds.to, name });
  };
  for (const entry of ledger) if (entry.event === "archived") add(entry.bounds, entry.partition);
  for (const table of observation.detached) if (!table.awaitsRows) add(table.bounds, table.name);
  return [...found.values()];
}

function isClosed(bounds: OpenInterval): bounds is Interval {
  return bounds.from !== undefined && bounds.to !== undefined;
}

function refuseInTheWay(partition: DesiredPartition, why: string): Creation {
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
