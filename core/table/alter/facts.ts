import { isSerial, type ColumnChange } from "./changes";
import { listFunctionNames } from "./expression-text";

/** Facts about a change of a table that only the database has. Read only for a change. */
export interface AlterFacts {
  /** `server_version_num` / 10000: 15, 18. */
  readonly version: number;
  /** Those of the requested functions that are volatile. */
  readonly volatileFunctions: readonly string[];
  /** Those of the requested types, as declared, that are domains with a constraint: rows are checked one by one. */
  readonly constrainedTypes: readonly string[];
  /** Objects that use the requested columns of the table or a partition. */
  readonly uses: readonly ColumnUse[];
  /**
   * Constraints of partitions that are not validated yet, and a partition's own foreign keys and constraints of the requested
   * names.
   */
  readonly pending: readonly PendingConstraint[];
  /** Columns for which the last ANALYZE of a partition found NULLs. */
  readonly nulls: readonly { readonly column: string; readonly partition: string; readonly rows: number }[];
  /** max_locks_per_transaction, and the total number of locks that the server can hold. */
  readonly locks: { readonly perTransaction: number; readonly capacity: number };
}

/** `policy "own" on app.events` uses `tenant`. */
export interface ColumnUse {
  readonly column: string;
  readonly kind: "index" | "key" | "check" | "foreign key" | "policy" | "view" | "trigger" | "other";
  readonly name: string;
  /** The table or partition that it belongs to, or the view itself. */
  readonly relation: string;
}

export interface PendingConstraint {
  readonly schema: string;
  readonly partition: string;
  readonly name: string;
  readonly kind: "check" | "foreign" | "other";
  readonly validated: boolean;
  /** True if it is no part of a constraint of the table. */
  readonly own?: boolean;
  readonly oid?: string;
  readonly definition?: string;
  /** Columns of a foreign key, and its target. */
  readonly columns?: readonly string[];
  readonly references?: { readonly schema: string; readonly table: string } | undefined;
}

/** Facts to be read for planned changes. */
export interface AlterQuestion {
  readonly functions: readonly string[];
  readonly types: readonly string[];
  readonly usesOf: readonly string[];
  readonly nullsOf: readonly string[];
  /** Names of constraints to be added: a partition may have one of its own. */
  readonly constraints: readonly string[];
}

export function collectQuestion(changes: readonly ColumnChange[], constraints: readonly string[] = []): AlterQuestion {
  const added = changes.flatMap((change) => (change.kind === "add" ? [change.column] : []));
  return {
    functions: added.flatMap((column) => listFunctionNames(column.default ?? "")),
    types: added.map((column) => column.type).filter((type) => !isSerial(type)),
    usesOf: changes.flatMap((change) => (change.kind === "drop" || change.kind === "type" ? [change.found.name] : [])),
    nullsOf: changes.flatMap((change) => (change.kind === "set not null" ? [change.found.name] : [])),
    constraints,
  };
}

/** Facts for a table of which only the catalogue has been read. */
export const NO_FACTS: AlterFacts = {
  version: 15,
  volatileFunctions: [],
  constrainedTypes: [],
  uses: [],
  pending: [],
  nulls: [],
  locks: { perTransaction: 64, capacity: 6400 },
};

/** Returns the uses that decide about a column's change of type or loss. */
export function listUsesOfColumn(facts: AlterFacts, column: string, without: ReadonlySet<string>): ColumnUse[] {
  return facts.uses.filter((use) => use.column === column && !without.has(use.name));
}
