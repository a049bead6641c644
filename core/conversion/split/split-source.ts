import { fitIdentifier } from "../../names/identifier";
import type { CopyNames, CopySource, WholeTable } from "../copy/copy-source";

/** The history of a partitioned table, and the copy of it in partitions. */
export interface SplitSource extends CopySource {
  readonly whole: WholeTable;
}

/** Names of a split: the history keeps its own. */
export function nameSplit(table: string, history: string): CopyNames {
  return { target: fitIdentifier(`${table}_split`), pending: fitIdentifier(`${table}_split_pending`), former: history };
}

/** Returns the partitioned table as it is after the split, with every partition. */
export function seeWhole(source: SplitSource): CopySource {
  const { table, bound } = source.whole;
  const others = table.partitions
    .filter(
      ({ schema, name, isDefault }) => !isDefault && !(schema === source.table.schema && name === source.table.name),
    )
    .map(({ name, bounds }) => ({ name, from: bounds?.from, to: bounds?.to }));
  const own = source.partitions.filter((one) => !others.some(({ name }) => name === one.name));
  return { ...source, table, bound, partitions: [...others, ...own] };
}
