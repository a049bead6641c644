/** Lock modes by PostgreSQL's names (https://www.postgresql.org/docs/current/explicit-locking.html), weakest first. */
export const LOCK_MODES = [
  "ACCESS SHARE",
  "ROW SHARE",
  "ROW EXCLUSIVE",
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
] as const;
export type LockMode = (typeof LOCK_MODES)[number];

/** A lock on a relation that other sessions can see. Locks on tables that are invisible to all others are left out. */
export interface Lock {
  /** `schema.name`. */
  readonly relation: string;
  /**
   * Role of the relation: the table's parent, a partition, a table that it refers to or that refers to it, an index, its archive.
   */
  readonly role: "parent" | "partition" | "default" | "referenced" | "referring" | "index" | "archive";
  readonly mode: LockMode;
}

/** Time for which the locks are held once they are granted. */
export type Hold = "instant" | "grows with rows" | "waits for others";

/**
 * Time-outs of a statement. `strong`: its lock blocks other sessions, so it waits at most lock_timeout, gives way and tries
 * again. `waiting`: it blocks no other session and may wait long; cancelled, it leaves an unfinished object. `light`: it takes no
 * lock that another session waits for.
 */
export type TimeoutClass = "strong" | "waiting" | "light";

/** One SQL statement as data. The same list serves preview, up, policies and the command line. */
export interface Statement {
  readonly sql: string;
  /** Values of $1, $2, …, used only by bookkeeping. */
  readonly values?: readonly (string | null)[];
  /** Statements with the same label run in one transaction; undefined: alone, outside any transaction. */
  readonly transaction: string | undefined;
  readonly timeouts: TimeoutClass;
  /** It waits for several relations one after the other, with the time limit of one wait in total. */
  readonly oneWait?: true;
  /** If autovacuum alone is in the way, its lock is waited for once until autovacuum gives way, which takes a second. */
  readonly outwaitsAutovacuum?: true;
  readonly locks: readonly Lock[];
  readonly hold: Hold;
  readonly hazards: readonly Hazard[];
  /** Statement that reverts it, or the reason why nothing can. */
  readonly undo: string;
}

/** Risks and effects that other sessions may notice. Policies allow these by code. */
export const HAZARDS = {
  LOCK_PARENT_AX: "stops every read and write of the table for an instant",
  LOCK_DEFAULT_AX: "stops reads that are not pruned away from the default partition, for an instant",
  LOCK_PARTITION_AX: "stops reads and writes of one partition for an instant",
  LOCK_PARTITION_INDEX_AX: "stops the planning of queries that touch one partition, for an instant",
  LOCK_REF_WRITE: "stops writes of a referenced table for an instant",
  LOCK_REF_AX: "stops reads and writes of a referenced table for an instant",
  LOCK_REFERRING_WRITE: "stops writes of a table that refers to this one, for an instant",
  LOCK_REFERRING_AX: "stops reads and writes of a table that refers to this one, for an instant",
  LOCK_WRITES_SHORT: "stops writes of the table for an instant",
  LOCK_WRITES_LONG: "stops writes of the table until all of its rows are copied and compared",
  SCAN_DEFAULT: "reads the whole default partition under its lock",
  SCAN_REFERRING: "reads a table that refers to this one while its writers wait",
  SCAN_PARTITION: "reads the whole partition",
  INDEX_BUILD: "reads a partition twice and writes an index",
  INDEX_DROPPED: "queries lose an index",
  COPIES_PARTITION: "copies a partition while its readers and writers wait",
  AUTHZ: "changes who may read or write",
  REPLICATION: "changes what a stream of changes contains",
  AUTOMATION: "changes what a schedule does",
  DELETES_DATA: "deletes rows, or the values of a column, for good",
  WAITS_OLD_XACTS: "waits for older transactions",
  NON_TRANSACTIONAL: "cannot be rolled back; interrupted, it is finished by the next update",
} as const;
export type Hazard = keyof typeof HAZARDS;

/** Returns the hazards of a list, each once, in the order of the catalogue. */
export function listHazards(statements: readonly Statement[]): Hazard[] {
  const found = new Set(statements.flatMap((statement) => statement.hazards));
  return (Object.keys(HAZARDS) as Hazard[]).filter((hazard) => found.has(hazard));
}

/** Returns the strongest lock on each relation, in order of first appearance. */
export function findStrongestLocks(statements: readonly Statement[]): Lock[] {
  const strongest = new Map<string, Lock>();
  for (const lock of statements.flatMap((statement) => statement.locks)) {
    const known = strongest.get(lock.relation);
    if (!known || LOCK_MODES.indexOf(lock.mode) > LOCK_MODES.indexOf(known.mode)) strongest.set(lock.relation, lock);
  }
  return [...strongest.values()];
}
