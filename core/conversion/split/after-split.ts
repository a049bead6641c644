import type { CarriedState, Observation, ObservedPartitionIndex } from "../../observed/observed-table";
import { describePartition, observeCopiedIndexes } from "../copy/after-copy";
import type { SplitSource } from "./split-source";

// The database as the split of a history leaves it, for the rest of a preview.

/** Returns the observation of the table after the split. The size of each partition is not known before it. */
export function observeAfterSplit(source: SplitSource, before: Observation): Observation {
  const { table } = before;
  if (!table) return before;
  const like = { ...source, table: source.whole.table };
  const [model] = source.whole.parent.carried.siblings?.newest(undefined) ?? [];
  const handed = model && pickHanded(model.carried);
  const added = source.partitions.map((partition) => {
    const fresh = describePartition(like, partition);
    return fresh.carried ? { ...fresh, carried: { ...fresh.carried, ...handed } } : fresh;
  });
  return { ...before, table: { ...table, partitions: [...listOthers(source, table.partitions), ...added] } };
}

/** Returns the indexes of all partitions after the split. */
export function observeIndexesAfterSplit(
  source: SplitSource,
  before: readonly ObservedPartitionIndex[],
): ObservedPartitionIndex[] {
  const { schema, name } = source.table;
  const others = before.filter((index) => !(index.schema === schema && index.partition === name));
  return [...others, ...observeCopiedIndexes({ ...source, table: source.whole.table })];
}

/** What a new partition has as its newest sibling has it. */
function pickHanded({ rowSecurity, policies, grants, statistics, unsaid }: CarriedState): Partial<CarriedState> {
  return { rowSecurity, policies, grants, statistics, ...(unsaid ? { unsaid } : {}) };
}

function listOthers<Partition extends { readonly schema: string; readonly name: string }>(
  { table }: SplitSource,
  partitions: readonly Partition[],
): Partition[] {
  return partitions.filter(({ schema, name }) => !(schema === table.schema && name === table.name));
}
