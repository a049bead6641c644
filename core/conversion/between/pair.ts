import { quote, quoteQualified, type Quoted } from "../../names/identifier";

/** A relation by its name, as the statements of one transaction address it. */
export interface PairRelation {
  readonly schema: string;
  readonly name: string;
}

/**
 * Two relations of which the target is made equal to the source, and kept so: all that the statements of the engine are made from.
 * Keys of changed rows are captured by a trigger on the source; the rows themselves are always read from it.
 */
export interface Pair {
  readonly source: PairRelation;
  readonly target: PairRelation;
  /** Table of the keys of rows that changed and are not reconciled yet. */
  readonly pending: PairRelation;
  /** Columns that both sides have, in the order of the source; without generated ones, which the target computes itself. */
  readonly columns: readonly PairColumn[];
  /** Columns that identify a row on both sides: NOT NULL, with a unique index on the target that begins with them. */
  readonly key: readonly string[];
  /** True if the source is partitioned: its partitions may come and go, and each has triggers of its own. */
  readonly partitioned?: boolean;
  /** True for the way back of a pair that is kept equal both ways: it shares the table of pending keys, and marks its own there. */
  readonly fromTarget?: boolean;
}

export interface PairColumn {
  readonly name: string;
  /** As format_type prints it. */
  readonly type: string;
  /** Qualified. Left out: that of its type. */
  readonly collation?: string;
  /** True if the equality of the type is identity, so that its own hash proves it; otherwise its text is hashed. */
  readonly exact: boolean;
}

/** Number of the change in the table of pending keys, in the order in which they were captured. */
export const CHANGE = "change";

/** True in a row of the table of pending keys that stands for TRUNCATE, and has no key. */
export const EMPTIED = "emptied";

/** True in a row of the table of pending keys for a change of the target, of a pair that is kept equal both ways. */
export const FROM_TARGET = "from_target";

/** Names a key column in the table of pending keys: not by its own name, which may be one of the other columns there. */
export function nameKeyColumn(index: number): string {
  return `key_${index + 1}`;
}

export function quoteRelationOf({ schema, name }: PairRelation): Quoted {
  return quoteQualified(schema, name);
}

/** Returns the column of the pair; throws RangeError if it has none of that name. */
export function getColumn({ columns }: Pick<Pair, "columns">, name: string): PairColumn {
  const found = columns.find((column) => column.name === name);
  if (!found) throw new RangeError(`the pair has no column "${name}"`);
  return found;
}

/** Returns a pair of which only the names are known: what removes a capture, or asks for its mark, needs no more. */
export function namePair(
  schema: string,
  names: { readonly source: string; readonly target: string; readonly pending: string },
): Pair {
  const { source, target, pending } = names;
  const relation = (name: string): PairRelation => ({ schema, name });
  return { source: relation(source), target: relation(target), pending: relation(pending), columns: [], key: [] };
}

/** `s."id" = p."key_1" AND s."at" = p."key_2"`. */
export function matchKey({ key }: Pick<Pair, "key">, side: string, pending: string): string {
  return key
    .map((name, index) => `${side}.${quote(name)} OPERATOR(pg_catalog.=) ${pending}.${quote(nameKeyColumn(index))}`)
    .join(" AND ");
}
