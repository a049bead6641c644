import type { DetachedTable } from "../observed/ledger";
import type { Observation } from "../observed/observed-table";
import { type Interval, isSameInterval, toIntervalKey } from "../time/interval";
import { type DesiredPartition, planWindow } from "../window/window-partitions";
import { digestPartitions } from "../window/wire";
import type { WindowSpec } from "../declare/table/spec";
import type { PartitionStatus } from "../declare/table/wire";
import type { Instant } from "../time/instant";
import type { RetireContext } from "./plan-changes";
import type { Retirement } from "./retire/retiring";

/** A partition that is a resource of its own after an update. */
export interface DeclaredPartition extends DesiredPartition {
  /** Left out: attached, or about to be. */
  readonly status?: PartitionStatus;
  /** True if its table stays when it is no longer declared: onExpire "detach" gives it to the user. */
  readonly stays?: true;
}

/** What the last update declared. */
export interface FormerPartitions {
  /** Window and moment of that update; undefined: none, or its partitions were no resources. */
  readonly registered: WindowSpec | undefined;
  readonly registeredAsOf: Instant | undefined;
  /** Partitions outside that window which were resources, also if that update failed. */
  readonly outside: readonly DesiredPartition[];
}

/** What a program declares, and what the registry keeps of it. */
interface DeclaredPartitions {
  readonly declared: readonly DeclaredPartition[];
  /**
   * Those outside the window that are resources until this update has ended: the declared ones, and those that it drops. One
   * whose drop is refused is still in the state, so that the next update must find it here.
   */
  readonly outside: readonly DesiredPartition[];
}

/**
 * Decides which partitions are resources after an update, so that rows of a preview say what happens to tables: those of the
 * window, and former ones as long as their table is there and this stack's, attached or detached. One whose table is dropped by
 * this update is missing, and becomes a delete.
 *
 * A former partition that the last update did not declare stays out, whatever has become of it: declared now, it would be shown
 * as created.
 *
 * @param due what this update retires
 */
export function planDeclaredPartitions(
  { spec, clocks, observation }: Pick<RetireContext, "spec" | "clocks" | "observation">,
  former: FormerPartitions,
  due: readonly Retirement[],
): DeclaredPartitions {
  const { desired } = planWindow(spec, clocks.asOf);
  const before = listFormer(former);
  const inside = new Set(desired.map(toIntervalKey));
  const outside = dedupe([...before, ...former.outside]).filter((one) => !inside.has(toIntervalKey(one)));
  const moved = digestPartitions(before) !== digestPartitions(desired);
  const wasOutside = new Set(former.outside.map(toIntervalKey));
  const kept: DeclaredPartition[] = [];
  const recorded: DesiredPartition[] = [];
  for (const partition of outside) {
    const next = describeNext(partition, observation, due);
    if (next === "gone") continue;
    if (next !== "dropped") {
      const { status, stays, left } = next;
      // Shown as detached until the window moves again: a row that is due right after an update would never end.
      if (stays && left && moved && wasOutside.has(toIntervalKey(partition))) continue;
      kept.push({ ...partition, ...(status ? { status } : {}), ...(stays ? { stays } : {}) });
    }
    recorded.push(partition);
  }
  return { declared: [...desired, ...kept], outside: recorded };
}

/** Lists the partitions of the window that the last update declared. */
function listFormer({ registered, registeredAsOf }: FormerPartitions): readonly DesiredPartition[] {
  if (!registered || !registeredAsOf || registered.resources !== "partition") return [];
  return planWindow(registered, registeredAsOf).desired;
}

/** What a former partition is after the update. */
interface Next extends Pick<DeclaredPartition, "status" | "stays"> {
  /** True if it had left the table before this update. */
  readonly left: boolean;
}

/** Returns "gone" if it has no table, and "dropped" if this update drops it. */
function describeNext(
  partition: Interval,
  observation: Observation,
  due: readonly Retirement[],
): Next | "gone" | "dropped" {
  const attached = observation.table?.partitions.find(({ bounds }) => bounds && isSameInterval(bounds, partition));
  const detached = observation.detached.find(
    ({ bounds, awaitsRows }) => isSameInterval(bounds, partition) && !awaitsRows,
  );
  const found = attached ?? detached;
  if (!found) return "gone";
  const steps = due.filter(({ table }) => table.oid === found.oid);
  if (steps.some(({ verb }) => verb === "drop")) return "dropped";
  const leaving = steps.find((step) => step.verb === "detach" || step.verb === "finalize");
  if (attached && !leaving) return { left: false };
  const archived = detached?.archived !== undefined || steps.some(({ verb }) => verb === "archive");
  const stays = leaving ? leaving.promise.kind === "stays" : detached !== undefined && isLeftToUser(detached);
  return { status: archived ? "archived" : "detached", ...(stays ? { stays } : {}), left: !attached };
}

/** True for a table that was detached without the promise of a drop or an archive. */
function isLeftToUser({ archived, dropAfter, toArchive, unrecorded }: DetachedTable): boolean {
  return !archived && dropAfter === undefined && !toArchive && !unrecorded;
}

function dedupe(partitions: readonly DesiredPartition[]): DesiredPartition[] {
  return [...new Map(partitions.map((one) => [toIntervalKey(one), one])).values()];
}
