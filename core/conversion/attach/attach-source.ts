import { formatPrimaryKeyName, quoteLiteral, quoteQualified, type Quoted, fitIdentifier } from "../../names/identifier";
import type { ObservedConstraint, ObservedTable, Observation } from "../../observed/observed-table";
import { formatEnd, type KeyText } from "../../time/key";
import type { Instant } from "../../time/instant";
import type { ConversionSource } from "../source";

/** A plain table, and what every conversion of it has to know. */
export interface PlainSource {
  /** The plain table. */
  readonly table: ObservedTable;
  /** What is bound to it. */
  readonly bound: ConversionSource;
  readonly publications: Observation["replication"]["publications"];
  /** Roles that default privileges give rights on a new table. */
  readonly defaultGrantees: readonly string[];
  readonly key: KeyText & { readonly column: string };
}

/** A plain table, and the bound at which its history ends: all that the statements of its conversion are made from. */
export interface AttachSource extends PlainSource {
  readonly historyUntil: Instant;
  readonly historyName: string;
  /** Columns of the primary key that the partitioned table will have. Undefined: none. */
  readonly primaryKey: readonly string[] | undefined;
}

/**
 * Returns the columns of the primary key after the conversion: as declared, or the present ones and those that it lacks.
 *
 * @param keys columns that the table will be partitioned by
 */
export function choosePrimaryKey(
  declared: readonly string[] | undefined,
  table: Pick<ObservedTable, "constraints">,
  keys: readonly string[],
): readonly string[] | undefined {
  if (declared) return declared;
  const found = findPrimaryKey(table)?.columns;
  return found && [...new Set([...found, ...keys])];
}

export function findPrimaryKey({ constraints }: Pick<ObservedTable, "constraints">): ObservedConstraint | undefined {
  return constraints.find(({ kind }) => kind === "primary");
}

/** Names the primary key of the partitioned table: as that of the plain one, if it has one. */
export function namePrimaryKey(table: Pick<ObservedTable, "name" | "constraints">): string {
  return findPrimaryKey(table)?.name ?? formatPrimaryKeyName(table.name);
}

/** True if the present primary key cannot be that of the partitioned table, so that a wider one is built beside it. */
export function needsWiderKey({ table, primaryKey }: Pick<AttachSource, "table" | "primaryKey">): boolean {
  const found = findPrimaryKey(table)?.columns ?? [];
  return primaryKey !== undefined && found.join("\0") !== primaryKey.join("\0");
}

/** Names the unique index that becomes the primary key of the history. */
export function nameWiderKey(source: Pick<AttachSource, "historyName">): string {
  return formatPrimaryKeyName(source.historyName);
}

/** Names the CHECK that proves to ATTACH that every row is before the end of the history. */
export function nameHistoryCheck(source: Pick<AttachSource, "historyName">): string {
  return fitIdentifier(`${source.historyName}_bound`);
}

/** Returns the literal of the end of the history. */
export function formatHistoryEnd({ key, historyUntil }: Pick<AttachSource, "key" | "historyUntil">): string {
  return quoteLiteral(formatEnd(key, "to", historyUntil));
}

export function quoteTable({ table }: Pick<AttachSource, "table">): Quoted {
  return quoteQualified(table.schema, table.name);
}

export function quoteHistory({ table, historyName }: Pick<AttachSource, "table" | "historyName">): Quoted {
  return quoteQualified(table.schema, historyName);
}

/**
 * Renames an object of the plain table, whose own name the one of the partitioned table gets.
 *
 * @example renameForHistory("events_at_idx", "events", "events_history") // "events_history_at_idx"
 */
export function renameForHistory(name: string, table: string, history: string): string {
  return fitIdentifier(name.includes(table) ? name.replace(table, () => history) : `${history}_${name}`);
}
