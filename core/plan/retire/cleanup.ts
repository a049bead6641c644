import {
  describePath,
  listDesiredBranches,
  flatten,
  findListLevel,
  findStems,
  type SourceValues,
} from "../../partition/branch/desired-branches";
import { encodeBranchPath } from "../../levels/levels";
import type { Observation } from "../../observed/observed-table";
import type { WindowSpec } from "../../declare/table/spec";
import { compareInstants, type Instant } from "../../time/instant";
import { addSpan } from "../../time/span";
import { type Detach, toLeavingPartition } from "./retiring";

/**
 * Plans the removal of empty partitions of values that have ended, older than their level allows (cleanupAfter): they hold no
 * rows for a retention to cover. `empty` are the oids of partitions without a page; that no row exists is checked again under the
 * lock of the drop, which follows the detach at once and promises nothing beyond it.
 */
export function planCleanup(
  spec: WindowSpec,
  values: SourceValues,
  observation: Observation,
  empty: ReadonlySet<string>,
  now: Instant,
): Detach[] {
  if (empty.size === 0) return [];
  const stems = findStems(spec, observation.table);
  return [...flatten(listDesiredBranches(spec, values))].flatMap((branch) => {
    const stem = branch.active ? undefined : stems.get(encodeBranchPath(branch.path));
    const after = findCleanupAfter(spec, branch.path);
    if (!stem || !after) return [];
    return stem.partitions.flatMap((partition): Detach[] => {
      const to = partition.bounds?.to;
      if (!partition.bounds || !to || partition.detachPending || partition.foreign || !empty.has(partition.oid))
        return [];
      if (compareInstants(addSpan(to, after, spec.key.zone), now) > 0) return [];
      const reason = `empty, and ${describePath(branch.path)} has ended`;
      const table = { ...toLeavingPartition(partition), branch: encodeBranchPath(branch.path), rows: 0 };
      return [{ verb: "detach", table, reason, promise: { kind: "empty" } }];
    });
  });
}

/** True if a level cleans up, so that empty partitions have to be read. */
export function cleansUp(spec: WindowSpec): boolean {
  return spec.levels.above.some((level) => level.kind === "list" && level.cleanupAfter !== undefined);
}

/** Returns the setting of the innermost LIST level that has one: its values end, whatever ended above them. */
function findCleanupAfter(spec: WindowSpec, path: readonly string[]) {
  return path
    .map((_, depth) => findListLevel(spec, path.slice(0, depth + 1))?.cleanupAfter)
    .filter((span) => span !== undefined)
    .at(-1);
}
