import type { RegisteredPublication } from "./replication";

/** What the registry says about one table. Undefined where the table was never registered. */
export interface Registration {
  /** `project/stack` of the Pulumi stack that manages it. */
  readonly owner: string;
  readonly mode: "managed" | "released";
  readonly paused: boolean;
  /** The window of the last successful update, as it travels; undefined before the first. */
  readonly window: unknown;
  readonly indexes: readonly RegisteredIndex[];
  /** What every partition carries, as the last update declared it. */
  readonly profile: unknown;
  /** Declared policies as they were declared and as the server printed them. */
  readonly policies: readonly RegisteredPolicy[];
  /** Checks, defaults, keys and unique constraints that are ours. */
  readonly expressions?: readonly RegisteredExpression[];
  readonly publications: readonly RegisteredPublication[];
  /** Digest of what the schedule in the database is prepared to make; undefined: nothing. */
  readonly prepared: string | undefined;
  /** The job of the schedule, as the last update left it. */
  readonly schedule: RegisteredSchedule | undefined;
  /** Functions and views that were made for callers of the table. */
  readonly aliases: readonly RegisteredAlias[];
}

/** Something of the table that was declared, as it was declared and as the server printed it. */
export interface RegisteredExpression {
  readonly kind: "check" | "default" | "foreign" | "unique";
  /** Of the constraint; of the column for a default. */
  readonly name: string;
  readonly declared: string;
  /** Empty where only partitions have it so far. */
  readonly printed: string;
  /**
   * Oids of the constraints that an update has added, on the table or on single partitions, and whose rows are not all read
   * yet. Only these are taken back where rows do not satisfy them; left out: it stood before, or has been read.
   */
  readonly added?: readonly string[] | undefined;
}

/** A job of pg_cron that is ours. */
export interface RegisteredSchedule {
  readonly job: string;
  readonly jobId: string;
  /** When it was scheduled, or changed, ISO 8601: a run is due only after that. */
  readonly since: string;
}

/** A function or view that carries a name that callers use. Told by its oid: another one of that name is not ours. */
export interface RegisteredAlias {
  readonly kind: "function" | "view";
  readonly schema: string;
  readonly name: string;
  /** Types of the arguments, as the server prints them; empty for a view. */
  readonly arguments: string;
  /** The text that made it. */
  readonly definition: string;
  /** `gone`: no object of that oid and name. `changed`: it is there, and the server prints another text. */
  readonly state: "same" | "changed" | "gone";
}

/** A declared policy, by its CREATE POLICY text without the table, and as the server printed it on the table. */
export interface RegisteredPolicy {
  readonly name: string;
  readonly declared: string;
  readonly printed: { readonly using: string | null; readonly withCheck: string | null };
}

/** A declared index as it was declared and as the server printed it: expressions are compared by both. */
export interface RegisteredIndex {
  readonly name: string;
  readonly leafName: string;
  readonly declared: string;
  readonly printed: string;
}
