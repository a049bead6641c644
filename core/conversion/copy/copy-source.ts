import { formatEnd } from "../../time/key";
import type { OpenInterval } from "../../time/interval";
import type { ParentShape } from "../../partition/carry/parent";
import { quoteLiteral, quoteQualified, type Quoted } from "../../names/identifier";
import type { ObservedPartition, ObservedTable } from "../../observed/observed-table";
import { findPath } from "../../partition/branch/desired-branches";
import type { Cut } from "../../partition/statements/new-table";
import { isExactType } from "../between/exact-types";
import type { Pair, PairColumn } from "../between/pair";
import { type PlainSource, renameForHistory } from "../attach/attach-source";

/** A plain table, and the partitioned copy that takes its place: all that the statements of its conversion are made from. */
export interface CopySource extends PlainSource {
  /**
   * Columns of the primary key that the partitioned table will have; they identify a row of the plain one too. None: it has no primary
   * key, and is copied while it cannot be written to.
   */
  readonly primaryKey: readonly string[];
  readonly names: CopyNames;
  /** How the copy itself is partitioned: by its first level. */
  readonly cut: Cut;
  /** Everything below it, each after its parent. Every row and every coming one until the swap belongs to one that holds rows. */
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

/** A partition of the copy, a branch of it, or a part of a partition that HASH divides further. */
export interface CopyPartition extends OpenInterval {
  readonly name: string;
  /** Name of the relation that it is a partition of. */
  readonly parent: string;
  /** Values from the table down to it, if it is a branch, or to the branch that it is in. */
  readonly path: readonly string[];
  /** Its bounds in SQL, if they are no interval. */
  readonly bound?: string;
  /** How it is partitioned itself. Left out: it holds rows. */
  readonly cut?: Cut;
}

/** Returns the partitions that hold rows themselves. */
export function listHolding<Partition extends Pick<CopyPartition, "cut">>(partitions: readonly Partition[]) {
  return partitions.filter(({ cut }) => cut === undefined);
}

/** Returns everything that a copy has below it, each after its parent. */
export function describePresent(table: Pick<ObservedTable, "name" | "partitions" | "branches">): CopyPartition[] {
  const describe = (one: ObservedPartition, parent: string): CopyPartition[] => {
    const branch = table.branches.find(({ partition }) => partition.oid === one.oid);
    const described = {
      name: one.name,
      parent,
      path: findPath(table, one),
      from: one.bounds?.from,
      to: one.bounds?.to,
      ...(one.bounds ? {} : { bound: one.boundsText }),
      ...(branch ? { cut: { strategy: branch.strategy, column: branch.column ?? "" } } : {}),
    };
    return [described, ...(branch?.partitions ?? []).flatMap((part) => describe(part, one.name))];
  };
  return table.partitions.flatMap((one) => describe(one, table.name));
}

/** Returns the bounds of one partition of the copy, as CREATE TABLE … PARTITION OF takes them. */
export function formatCopyBounds({ key }: Pick<CopySource, "key">, { from, to, bound }: CopyPartition): string {
  if (bound !== undefined) return bound;
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
