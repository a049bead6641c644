import type { Hazard, Lock, LockMode, Statement } from "../../sql/statement";
import type { Verb } from "./verbs";

/**
 * One pending action, named by verb and bounds so that every run that finds the same facts names it alike. An update does what
 * its checked plan names and nothing else.
 */
export interface WorkItem {
  readonly verb: Verb;
  readonly partition: string;
  /** ISO 8601 in UTC; `..` for an open end. */
  readonly from: string;
  readonly to: string;
}

/** An action with the facts by which people and policies judge it. Facts never cause a diff. */
export interface PlanEntry extends WorkItem {
  /**
   * Estimate from the last ANALYZE and the size and activity since then; left out if the partition was never analyzed or does not
   * exist yet.
   */
  readonly rows?: number;
  /** Rounded; includes indexes and TOAST. */
  readonly bytes?: number;
  /** Whole days from its upper bound to now. */
  readonly ageDays?: number;
  readonly reason: string;
  /** Time at which a detached partition will be dropped. */
  readonly dropOn?: string;
  /** On a drop: the archive that allows it. Left out if none is needed, or none exists yet. */
  readonly archived?: ArchivedEntry;
  /** True if a hold keeps it. */
  readonly held?: true;
  /** Number of intervals of the grid that it spans; left out: one. An open end counts as 1,001. */
  readonly intervals?: number;
}

/** An archive as people and policies read it. */
export interface ArchivedEntry {
  readonly rows: number;
  readonly bytes: number;
  readonly objects: number;
  /** Its key in the store. */
  readonly manifest: string;
  readonly verify: "checksum" | "readBack";
  readonly verifiedAt: string;
}

/** The default partition of a table. */
export interface DefaultFacts {
  readonly name: string;
  /** False: it was created by others and is left alone. */
  readonly declared: boolean;
  /** Exact up to 10,000, an estimate above that. Left out if it does not exist yet. */
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
 * The plan of one table in figures, as PartitionWindow's inputs have it for policies and state. Aggregates are always complete;
 * lists may be cut. What only people read of it is in PlanReport.
 */
export interface WindowPlan {
  /** False: planned without the database. It drops nothing, and policies must report "not evaluated". */
  readonly complete: boolean;
  /** Reason why it is not complete. */
  readonly incompleteBecause?: string;
  readonly window: {
    readonly from: string;
    readonly to: string;
    readonly partitions: number;
    readonly horizon?: string;
  };
  /** Window of the last update, if it differs. */
  readonly previousWindow?: { readonly from: string; readonly to: string; readonly partitions: number };
  /** Rule of the last update, if it differs. */
  readonly previous?: { readonly retention: string; readonly onExpire: string };
  readonly partitionCount: number;
  readonly createCount: number;
  readonly detachCount: number;
  /** Left out: none. */
  readonly archiveCount?: number;
  readonly dropCount: number;
  /** Intervals that these partitions span, if more than their number: an open end counts as 1,001. */
  readonly detachIntervals?: number;
  readonly dropIntervals?: number;
  /** Of all partitions that leave the table or are dropped, as far as they were ever analyzed. */
  readonly rows: number;
  /** Number of these partitions whose rows are unknown, because they were never analyzed. Left out: none. */
  readonly uncounted?: number;
  readonly bytes: number;
  readonly youngestDrop?: { readonly partition: string; readonly to: string; readonly ageDays: number };
  readonly hazards: readonly Hazard[];
  /** Archived partitions whose rows are restored. Left out: none. */
  readonly restoreCount?: number;
  readonly alignCount: number;
  /** The default partition that exists or will exist. */
  readonly defaultPartition?: DefaultFacts;
  readonly retire: readonly PlanEntry[];
  /** Expired, but not retired now: over the limit, waiting for confirmation or for the end of their grace, or paused. */
  readonly deferred: readonly PlanEntry[];
  /** Number of partitions whose statements are now stored for the schedule in the database; left out: it has them. */
  readonly prepareCount?: number;
  /** The strongest lock on each relation that other sessions can see. */
  readonly locks: readonly PlannedLock[];
  readonly statementCount: number;
  /** Digest of all statements in their order: two plans with the same one run the same. */
  readonly statementDigest: string;
  /** The role that would perform the plan. Left out if the database was not asked. */
  readonly role?: { readonly name: string; readonly superuser: boolean };
  /** The partition key: type of its column and meaning of its values. */
  readonly keyKind?: string;
  /** First columns of the table's indexes, including those still to be built. */
  readonly leadingColumns?: readonly string[];
}

/** The plan of one table as people read it: its figures, every change by name with its reason, and every statement. */
export interface PlanReport extends WindowPlan {
  readonly create: readonly PlanEntry[];
  /** Archived partitions whose rows are restored. */
  readonly restore: readonly PlanEntry[];
  /** Partitions that differ from the declaration: row security, grants, replica identity, statistics, storage. */
  readonly align: readonly PlanEntry[];
  /** Actions on the table as a whole: its default partition, its statistics. */
  readonly upkeep: readonly PlanEntry[];
  /** Outside the window and not expired: never touched. */
  readonly kept: readonly PlanEntry[];
  /** Current obstacles, and notes for the reader. */
  readonly notes: readonly string[];
  /** In the order in which an update runs them. */
  readonly statements: readonly Statement[];
}
