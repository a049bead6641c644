import type { Hazard, Lock, LockMode } from "../../sql/statement";
import type { Verb } from "./verbs";

/**
 * One due action, named by verb and bounds so that it is the same in every run that finds the same facts. An update does
 * what its checked plan names and nothing else.
 */
export interface WorkItem {
  readonly verb: Verb;
  readonly partition: string;
  /** ISO 8601 in UTC; `..` for an open end. */
  readonly from: string;
  readonly to: string;
}

/** An action with the facts that people and policies judge it by. Facts never cause a diff. */
export interface PlanEntry extends WorkItem {
  /** Estimate; left out where nobody ever analyzed the partition, or it does not exist yet. */
  readonly rows?: number;
  /** Rounded, with indexes and toast. */
  readonly bytes?: number;
  /** Whole days from its upper bound to now. */
  readonly ageDays?: number;
  readonly reason: string;
  /** When a detached partition will be dropped. */
  readonly dropOn?: string;
  /** On a drop: the archive that it stands on. Left out where there is none, or none yet. */
  readonly archived?: ArchivedEntry;
  /** A hold keeps it. */
  readonly held?: true;
  /** Intervals of the grid that it spans; left out: one. An open end counts as 1,001. */
  readonly intervals?: number;
}

/** An archive as people and policies read it. */
export interface ArchivedEntry {
  readonly rows: number;
  readonly bytes: number;
  readonly objects: number;
  /** Its place in the store. */
  readonly manifest: string;
  readonly verify: "checksum" | "readBack";
  readonly verifiedAt: string;
}

/** The default partition of a table. */
export interface DefaultFacts {
  readonly name: string;
  /** False: somebody else made it, and it is left alone. */
  readonly declared: boolean;
  /** Exact up to 10,000, above that an estimate. Left out where it does not exist yet. */
  readonly rows?: number;
}

/** The strongest lock that the plan takes on one relation. */
export interface PlannedLock {
  /** `schema.name`. */
  readonly relation: string;
  readonly role: Lock["role"];
  readonly mode: LockMode;
}

/**
 * The plan of one table: what PartitionWindow's inputs carry for policies, what preview prints, what the update performs.
 * Aggregates are always whole; lists may be cut.
 */
export interface WindowPlan {
  /** False: made without the database. It drops nothing, and policies must say "not evaluated". */
  readonly complete: boolean;
  /** Why it is not complete. */
  readonly incompleteBecause?: string;
  readonly window: {
    readonly from: string;
    readonly to: string;
    readonly partitions: number;
    readonly horizon?: string;
  };
  /** The window of the last update, where it differs. */
  readonly previousWindow?: { readonly from: string; readonly to: string; readonly partitions: number };
  /** The rule of the last update, where it differs. */
  readonly previous?: { readonly retention: string; readonly onExpire: string };
  readonly leafCount: number;
  readonly createCount: number;
  readonly detachCount: number;
  /** Left out: none. */
  readonly archiveCount?: number;
  readonly dropCount: number;
  /** Intervals that these partitions span, where that is more than their number: an open end counts as 1,001. */
  readonly detachIntervals?: number;
  readonly dropIntervals?: number;
  /** Of everything that leaves the table or is dropped. */
  readonly rows: number;
  readonly bytes: number;
  readonly youngestDrop?: { readonly partition: string; readonly to: string; readonly ageDays: number };
  readonly hazards: readonly Hazard[];
  readonly create: readonly PlanEntry[];
  /** Archived partitions whose rows come back. Left out where none does. */
  readonly restore?: readonly PlanEntry[];
  /** Partitions that do not carry what is declared: row security, grants, replica identity, statistics, storage. */
  readonly align: readonly PlanEntry[];
  readonly alignCount: number;
  /** What is done for the table as a whole: its default partition, its statistics. Left out where nothing is. */
  readonly upkeep?: readonly PlanEntry[];
  /** The default partition that there is or will be. */
  readonly defaultPartition?: DefaultFacts;
  readonly retire: readonly PlanEntry[];
  /** Expired, but not due now: over the limit, waiting for confirmation or for the end of their grace, or paused. */
  readonly deferred: readonly PlanEntry[];
  /** Outside the window and not expired: never touched. */
  readonly kept: readonly PlanEntry[];
  /** Partitions whose statements the schedule in the database is given now; left out: it has them. */
  readonly prepareCount?: number;
  /** The strongest lock on each relation that others can see. */
  readonly locks: readonly PlannedLock[];
  /** The statements as text, in order, with BEGIN and COMMIT, locks, hold, time-out and hazards; long lists are cut. */
  readonly statements: readonly string[];
  readonly statementCount: number;
  /** The role that would do it. Left out where the database was not asked. */
  readonly role?: { readonly name: string; readonly superuser: boolean };
  /** What the partition key is: type of its column and meaning of its values. */
  readonly keyKind?: string;
  /** Columns that an index of the table begins with, also of those that are to be built. */
  readonly leadingColumns?: readonly string[];
  /** What is in the way now, and what the reader should know. */
  readonly notes: readonly string[];
}
