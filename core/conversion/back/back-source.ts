import { fitIdentifier, type Quoted, quoteQualified } from "../../names/identifier";
import type { LedgerEntry, PlainShape } from "../../observed/ledger";
import type {
  Observation,
  ObservedPartition,
  ObservedPartitionIndex,
  ObservedTable,
} from "../../observed/observed-table";
import { listSinceDestroyed } from "../../plan/create/history";
import type { ConversionSource } from "../source";

/** A converted table, whose history becomes the plain table again: all that the statements of the way back are made from. */
export interface BackSource {
  /** The partitioned table. */
  readonly table: ObservedTable;
  /** What is bound to it. */
  readonly bound: ConversionSource;
  readonly publications: Observation["replication"]["publications"];
  readonly history: ObservedPartition;
  /** What the history has of its own. */
  readonly own: ConversionSource;
  readonly historyIndexes: readonly ObservedPartitionIndex[];
  readonly plain: PlainShape;
}

/** A conversion in the ledger. */
export interface RecordedConversion {
  readonly oid: string | undefined;
  /** Its name at that time. */
  readonly history: string;
  readonly plain: PlainShape;
  /** Foreign keys that its swap left to be validated, `schema.table.name`. */
  readonly validate: readonly string[];
}

/** Returns the conversion by which the present table of this name was made. Undefined: it was made otherwise. */
export function findConversion(ledger: readonly LedgerEntry[]): RecordedConversion | undefined {
  const [found] = listSinceDestroyed(ledger).flatMap(({ event, oid, partition, detail }) =>
    event === "attached" && detail.plain
      ? [{ oid, history: partition, plain: detail.plain, validate: detail.validate ?? [] }]
      : [],
  );
  return found;
}

/** Returns the last entry of a way back of this table, the relation that is plain again. */
export function findWayBack(ledger: readonly LedgerEntry[], oid: string): LedgerEntry | undefined {
  return ledger.filter((entry) => entry.event === "released" && entry.oid === oid && entry.detail.validate).at(-1);
}

/** Returns the partitions that go with the partitioned table, once their rows are in the plain one. */
export function listLeaving({ table, history }: Pick<BackSource, "table" | "history">): ObservedPartition[] {
  return table.partitions.filter(({ oid }) => oid !== history.oid);
}

/** The primary key of the history, which the partitioned table has. */
export function findPresentKey({
  historyIndexes,
}: Pick<BackSource, "historyIndexes">): ObservedPartitionIndex | undefined {
  return historyIndexes.find(({ constraint }) => constraint?.kind === "primary");
}

/** True if the primary key of the plain table is not the present one, so that its index is built before. */
export function needsFormerKey(source: Pick<BackSource, "historyIndexes" | "plain">): boolean {
  const { primaryKey } = source.plain;
  return primaryKey !== undefined && primaryKey.columns.join("\0") !== findPresentKey(source)?.columns.join("\0");
}

/** Names the unique index that becomes the primary key again. */
export function nameFormerKey({ history }: Pick<BackSource, "history">): string {
  return fitIdentifier(`${history.name}_former_key`);
}

/** Names the partitioned table from the moment at which the plain one has its name, to the end of the transaction. */
export function nameFormerTable({ table }: Pick<BackSource, "table">): string {
  return fitIdentifier(`${table.name}_partitioned_until_now`);
}

export function quoteHistoryTable({ history }: Pick<BackSource, "history">): Quoted {
  return quoteQualified(history.schema, history.name);
}
