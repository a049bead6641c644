import { isSerial, type ColumnChange } from "./changes";
import { functionNames } from "./expression-text";

/** What only the database knows about a change of a table. Read when there is a change, never otherwise. */
export interface AlterFacts {
  /** `server_version_num` by a hundred: 15, 18. */
  readonly version: number;
  /** Of the asked functions those that give another value for each row. */
  readonly volatileFunctions: readonly string[];
  /** Of the asked types, as declared, those that are domains with a constraint: rows are checked one by one. */
  readonly constrainedTypes: readonly string[];
  /** What uses the asked columns, of the table or a partition. */
  readonly uses: readonly ColumnUse[];
  /** Constraints of partitions that are not validated yet, and foreign keys and those of asked names that one has on its own. */
  readonly pending: readonly PendingConstraint[];
  /** Columns of which the last ANALYZE of a partition saw rows without a value. */
  readonly nulls: readonly { readonly column: string; readonly partition: string; readonly rows: number }[];
  /** max_locks_per_transaction, and how many locks the server can hold in all. */
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
  /** It is no part of a constraint of the table. */
  readonly own?: boolean;
  readonly oid?: string;
  readonly definition?: string;
  /** Columns of a foreign key, and what it points to. */
  readonly columns?: readonly string[];
  readonly references?: { readonly schema: string; readonly table: string } | undefined;
}

/** What has to be asked about planned changes. */
export interface AlterQuestion {
  readonly functions: readonly string[];
  readonly types: readonly string[];
  readonly usesOf: readonly string[];
  readonly nullsOf: readonly string[];
  /** Names of constraints that are to come: a partition may have one of its own. */
  readonly constraints: readonly string[];
}

export function questionOf(changes: readonly ColumnChange[], constraints: readonly string[] = []): AlterQuestion {
  const added = changes.flatMap((change) => (change.kind === "add" ? [change.column] : []));
  return {
    functions: added.flatMap((column) => functionNames(column.default ?? "")),
    types: added.map((column) => column.type).filter((type) => !isSerial(type)),
    usesOf: changes.flatMap((change) => (change.kind === "drop" || change.kind === "type" ? [change.found.name] : [])),
    nullsOf: changes.flatMap((change) => (change.kind === "set not null" ? [change.found.name] : [])),
    constraints,
  };
}

/** For a table of which nothing is known yet but what the catalogue always tells. */
export const NO_FACTS: AlterFacts = {
  version: 15,
  volatileFunctions: [],
  constrainedTypes: [],
  uses: [],
  pending: [],
  nulls: [],
  locks: { perTransaction: 64, capacity: 6400 },
};

/** Columns whose change of type or loss the uses decide about. */
export function usesOfColumn(facts: AlterFacts, column: string, without: ReadonlySet<string>): ColumnUse[] {
  return facts.uses.filter((use) => use.column === column && !without.has(use.name));
}
