import type { Instant } from "./time/instant";
import type { OpenInterval } from "./time/interval";

/** What the catalogue says about one table at one moment. Plain data: postgres/ fills it, core decides on it. */
export interface ObservedTable {
  readonly schema: string;
  readonly name: string;
  readonly oid: string;
  readonly owner: string;
  /** `partitioned` has a partition key; `plain` is an ordinary table; `other` a view, sequence, foreign table and so on. */
  readonly kind: "partitioned" | "plain" | "other";
  readonly key: ObservedKey | undefined;
  readonly columns: readonly ObservedColumn[];
  readonly constraints: readonly ObservedConstraint[];
  readonly indexes: readonly ObservedIndex[];
  readonly leaves: readonly ObservedLeaf[];
  /** Tables with a foreign key to this one, as `schema.table`. */
  readonly referencedBy: readonly string[];
  /** Whether the connected role may do the work: owner of the parent (or member of it), CREATE on the schema. */
  readonly rights: { readonly owner: boolean; readonly createInSchema: boolean; readonly role: string };
}

export interface ObservedKey {
  readonly strategy: "range" | "list" | "hash";
  /** Column names; undefined for an expression. */
  readonly columns: readonly (string | undefined)[];
  /** format_type of each. */
  readonly types: readonly string[];
}

export interface ObservedColumn {
  readonly name: string;
  /** format_type: `timestamp with time zone`, `character varying(20)`. */
  readonly type: string;
  readonly nullable: boolean;
  readonly default: string | undefined;
  readonly identity: "always" | "by default" | undefined;
}

export interface ObservedConstraint {
  readonly name: string;
  readonly kind: "primary" | "unique" | "check" | "foreign" | "exclusion";
  readonly columns: readonly string[];
  /** pg_get_constraintdef. */
  readonly definition: string;
  readonly validated: boolean;
  /** For a foreign key: the referenced table. */
  readonly references: { readonly schema: string; readonly table: string } | undefined;
}

export interface ObservedIndex {
  readonly name: string;
  /** What follows the table in its definition: `USING btree (run_id, ts DESC) WHERE …`: equal text means an equal index. */
  readonly definition: string;
  readonly unique: boolean;
  readonly valid: boolean;
  /** Columns of the key, for constraints. */
  readonly columns: readonly string[];
  /** Set when a constraint owns the index. */
  readonly constraint:
    | { readonly name: string; readonly kind: "primary" | "unique" | "exclusion"; readonly definition: string }
    | undefined;
}

/** One direct partition of a table. */
export interface ObservedLeaf {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** pg_get_expr of the bounds, for messages. */
  readonly boundsText: string;
  /** Undefined for the default partition, and for bounds that are no range of time. */
  readonly bounds: OpenInterval | undefined;
  readonly isDefault: boolean;
  /** Itself partitioned. */
  readonly partitioned: boolean;
  /** Half detached: DETACH CONCURRENTLY was interrupted, FINALIZE is due. */
  readonly detachPending: boolean;
  /** Estimate (reltuples); undefined: never analyzed. */
  readonly rows: number | undefined;
  /** Heap, indexes and toast. */
  readonly bytes: number;
}

/** Indexes of one leaf, read only where indexes are the work. */
export interface ObservedLeafIndex extends ObservedIndex {
  readonly leaf: string;
  /** Name of the parent's index that it is attached to. */
  readonly attachedTo: string | undefined;
  /** Whether its build is under way right now in another session. */
  readonly building: boolean;
}

/** What the registry says about one table. Undefined where the table was never registered. */
export interface Registration {
  /** `project/stack` of the Pulumi stack that manages it. */
  readonly owner: string;
  readonly mode: "managed" | "released";
  readonly paused: boolean;
  /** The window of the last successful update, as it travels; undefined before the first. */
  readonly window: unknown;
  readonly indexes: readonly RegisteredIndex[];
}

/** A declared index as it was declared and as the server printed it: expressions are compared by both. */
export interface RegisteredIndex {
  readonly name: string;
  readonly leafName: string;
  readonly declared: string;
  readonly printed: string;
}

/** The latest ledger entries that decide about one partition of a table. */
export interface LedgerEntry {
  readonly partition: string;
  readonly oid: string | undefined;
  readonly bounds: OpenInterval;
  readonly event: LedgerEvent;
  /** When it took effect, by the clock that decides (the database's, or a trusted asOf). */
  readonly at: Instant;
  readonly detail: LedgerDetail;
}

export type LedgerEvent =
  | "created"
  | "adopted"
  | "attached"
  | "approved"
  | "detaching"
  | "detached"
  | "dropped"
  | "released"
  | "claimed"
  | "destroying";

export interface LedgerDetail {
  /** On `adopted`: the partition had expired already, so it is never swept until confirmed. */
  readonly expiredAtAdoption?: boolean;
  /** On `detaching` and `detached`: dropped after this time, promised when it was detached. */
  readonly dropAfter?: string;
}

/** A table that left its parent by our hand: known by its ledger row, oid and bounds; names never decide. */
export interface DetachedTable {
  readonly schema: string;
  readonly name: string;
  readonly oid: string;
  readonly bounds: OpenInterval;
  readonly detachedAt: Instant;
  readonly dropAfter: Instant | undefined;
  readonly rows: number | undefined;
  readonly bytes: number;
}

/** Everything that planning one table's window needs from the database. */
export interface Observation {
  /** Undefined: there is no relation of that name. */
  readonly table: ObservedTable | undefined;
  readonly registration: Registration | undefined;
  /** Oldest first. */
  readonly ledger: readonly LedgerEntry[];
  readonly detached: readonly DetachedTable[];
  /** The database's clock. */
  readonly now: Instant;
  /** What is in the way right now: old transactions on the table, lagging slots, standbys. Sentences for people. */
  readonly obstacles: readonly string[];
}
