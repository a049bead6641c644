import { formatEnd } from "../../time/key";
import type { OpenInterval } from "../../time/interval";
import type { ParentShape } from "../../partition/carry/parent";
import { quoteLiteral, quoteQualified, type Quoted } from "../../names/identifier";
import { isExactType } from "../between/exact-types";
import type { Pair, PairColumn } from "../between/pair";
import { type PlainSource, renameForHistory } from "../attach/attach-source";

/** A plain table, and the partitioned copy that takes its place: all that the statements of its conversion are made from. */
export interface CopySource extends PlainSource {
  /** Columns of the primary key that the partitioned table will have; they identify a row of the plain one too. */
  readonly primaryKey: readonly string[];
  readonly names: CopyNames;
  /** Every row and every coming one until the swap belongs to one of them. */
  readonly partitions: readonly CopyPartition[];
  /** The table that the copied one is a partition of, its history; the partitions of the copy take its place there. Left out: none. */
  readonly whole?: WholeTable;
}

/** A partitioned table whose history is split. */
export interface WholeTable extends Pick<PlainSource, "table" | "bound"> {
  /** What a new partition of it is like. */
  readonly parent: ParentShape;
  /** Query that describes it and what is bound to it, and its answer when it was read. */
  readonly fingerprint: { readonly query: string; readonly answer: string };
}

/** Names of relations in the schema of the table. */
export interface CopyNames {
  /** The partitioned copy, until the swap. */
  readonly target: string;
  /** Its pending keys, until the swap. */
  readonly pending: string;
  /** The plain table, from the swap on. */
  readonly former: string;
}

export interface CopyPartition extends OpenInterval {
  readonly name: string;
}

/** Returns the bounds of one partition of the copy, as CREATE TABLE … PARTITION OF takes them. */
export function formatCopyBounds({ key }: Pick<CopySource, "key">, { from, to }: CopyPartition): string {
  const start = from ? quoteLiteral(formatEnd(key, "from", from)) : "MINVALUE";
  const end = to ? quoteLiteral(formatEnd(key, "to", to)) : "MAXVALUE";
  return `FOR VALUES FROM (${start}) TO (${end})`;
}

export function quoteTarget({ table, names }: Pick<CopySource, "table" | "names">): Quoted {
  return quoteQualified(table.schema, names.target);
}

/** Names an index of the copy while the plain table has its final name. */
export function nameOnTarget({ table, names }: Pick<CopySource, "table" | "names">, name: string): string {
  return renameForHistory(name, table.name, names.target);
}

/** Returns the two relations, between which the engine copies. */
export function toPair({ table, bound, primaryKey, names }: CopySource): Pair {
  const { schema } = table;
  const columns = table.columns
    .filter(({ generated }) => !generated)
    .map(({ name, type }): PairColumn => {
      const collation = bound.columns.find((column) => column.name === name)?.collation;
      return {
        name,
        type,
        ...(collation === undefined ? {} : { collation }),
        exact: isExactType(type, collation === undefined),
      };
    });
  return {
    source: { schema, name: table.name },
    target: { schema, name: names.target },
    pending: { schema, name: names.pending },
    columns,
    key: primaryKey,
    partitioned: table.kind === "partitioned",
  };
}
