import type { RegisteredPublication } from "./replication";

/** Registry entry of one table. Undefined if the table was never registered. */
export interface Registration {
  /** `project/stack` of the Pulumi stack that manages it. */
  readonly owner: string;
  readonly mode: "managed" | "released";
  readonly paused: boolean;
  /** Window of the last successful update, in wire format; undefined before the first. */
  readonly window: unknown;
  readonly indexes: readonly RegisteredIndex[];
  /** Properties of every partition, as the last update declared them. */
  readonly profile: unknown;
  /** Declared policies, as declared and as the server printed them. */
  readonly policies: readonly RegisteredPolicy[];
  /** Checks, defaults, keys and unique constraints managed by this stack. */
  readonly expressions?: readonly RegisteredExpression[];
  readonly publications: readonly RegisteredPublication[];
  /** Digest of the statements prepared for the schedule in the database; undefined: none. */
  readonly prepared: string | undefined;
  /** The job of the schedule, as the last update left it. */
  readonly schedule: RegisteredSchedule | undefined;
  /** Functions and views created for callers of the table. */
  readonly aliases: readonly RegisteredAlias[];
}

/** A declared expression or constraint of the table, as declared and as the server printed it. */
export interface RegisteredExpression {
  readonly kind: "check" | "default" | "foreign" | "unique";
  /** Name of the constraint; for a default, of the column. */
  readonly name: string;
  readonly declared: string;
  /** Empty if only partitions have it so far. */
  readonly printed: string;
  /**
   * Oids of constraints that an update has added to the table or to single partitions, and for which some rows have not been
   * checked. Only these are reverted if rows violate them; left out: it existed before, or has been checked.
   */
  readonly added?: readonly string[] | undefined;
}

/** A job of pg_cron that this stack manages. */
export interface RegisteredSchedule {
  readonly job: string;
  readonly jobId: string;
  /** Time at which it was scheduled or changed, ISO 8601: runs are expected only after that. */
  readonly since: string;
}

/** A function or view that callers use by its name. Identified by its oid: another object of that name is not managed. */
export interface RegisteredAlias {
  /** `query`: a function that queries the table itself. The others lead to functions and views of the management schema. */
  readonly kind: "function" | "view" | "query";
  readonly schema: string;
  readonly name: string;
  /** Types of the arguments, as the server prints them; empty for a view. */
  readonly arguments: string;
  /** Its CREATE text. */
  readonly definition: string;
  /** Of a query function: `schema.table` of the table that it queries, whose columns CREATE FUNCTION looks up. */
  readonly queries?: string;
  /** Of a query function: what CREATE OR REPLACE cannot change, arguments and result. */
  readonly signature?: string;
  /** Of a query function: number of arguments with a default, which CREATE OR REPLACE can add and not remove. */
  readonly defaults?: number;
  /** Of a query function: roles that may call it, as GRANT names them. Left out: it has the privileges of a new one. */
  readonly callers?: readonly FunctionCaller[] | null;
  /** `gone`: no object of that oid and name exists. `changed`: it exists, but the server prints another text. */
  readonly state: "same" | "changed" | "gone";
}

/** A role that may call a function. */
export interface FunctionCaller {
  /** Undefined: PUBLIC. */
  readonly role: string | null;
  readonly grantable: boolean;
}

/** A declared policy, by its CREATE POLICY text without the table, and as the server printed it on the table. */
export interface RegisteredPolicy {
  readonly name: string;
  readonly declared: string;
  readonly printed: { readonly using: string | null; readonly withCheck: string | null };
}

/** A declared index, as declared and as the server printed it: expressions are compared by both. */
export interface RegisteredIndex {
  readonly name: string;
  readonly partitionIndexName: string;
  readonly declared: string;
  readonly printed: string;
}
