import { fitIdentifier } from "../../names/identifier";
import { compareInstants } from "../../time/instant";
import type { OpenInterval } from "../../time/interval";
import type { CopyNames, CopySource, WholeTable } from "../copy/copy-source";

/** The history of a partitioned table, and the copy of it in partitions. */
export interface SplitSource extends CopySource {
  readonly whole: WholeTable;
}

/** Names of a split: the history keeps its own. */
export function nameSplit(table: string, history: string): CopyNames {
  return { target: fitIdentifier(`${table}_split`), pending: fitIdentifier(`${table}_split_pending`), former: history };
}

/** Returns the partitioned table as it is after the split, with every partition, oldest first. */
export function seeWhole(source: SplitSource): CopySource {
  const { table, bound } = source.whole;
  const others = table.partitions
    .filter(
      ({ schema, name, isDefault }) => !isDefault && !(schema === source.table.schema && name === source.table.name),
    )
    .map(({ name, bounds }) => ({ name, parent: table.name, path: [], from: bounds?.from, to: bounds?.to }));
  const own = source.partitions.filter((one) => !others.some(({ name }) => name === one.name));
  return { ...source, table, bound, partitions: [...others, ...own].sort(compareBeginnings) };
}

function compareBeginnings({ from: a }: OpenInterval, { from: b }: OpenInterval): number {
  return a && b ? compareInstants(a, b) : Number(a !== undefined) - Number(b !== undefined);
}
