import type { DetachedTable, LedgerEntry } from "./ledger";
import type { BranchRef } from "../levels/levels";
import type { ObservedReplication } from "./replication";
import type { ObservedDefault } from "./observed-default";
import type { Instant } from "../time/instant";
import type { OpenInterval } from "../time/interval";
import type { Registration } from "./registration";
import type { DefaultGrant, HeldPrivilege, ObservedGrant } from "./observed-grant";

/** Catalogue state of one table at one moment. Plain data: postgres/ fills it, core decides on it. */
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
  /** Its direct partitions. */
  readonly partitions: readonly ObservedPartition[];
  /** Undefined: none. */
  readonly defaultPartition?: ObservedDefault | undefined;
  /** Partitions that are partitioned further, at any depth, each before its parts. */
  readonly branches: readonly ObservedBranch[];
  /** Undefined: the table is not partitioned, so partitions need not match any of it. */
  readonly carried: CarriedState | undefined;
  /** Tables with a foreign key to this one, as `schema.table`. */
  readonly referencedBy: readonly string[];
  /** True if the connected role may do the work: owner of the parent (or member of it), CREATE on the schema. */
  readonly comment: string | undefined;
  /** Words of a conversion whose way back is open, so that its changes are captured: "keeps a way back until …". */
  readonly wayBack?: string | undefined;
  /** Time at which the statistics of the table as a whole were last gathered, which autovacuum never does. Undefined: never. */
  readonly lastAnalyzed?: Instant | undefined;
  readonly rights: {
    readonly owner: boolean;
    readonly createInSchema: boolean;
    /** True if partitions can be given to the owner of the table, which without CREATE on the schema may own none. */
    readonly ownerCreates: boolean;
    /** True if membership in the owner would grant more than its tables: a superuser, or a role that administers the server. */
    readonly ownerIsAdmin?: boolean;
    readonly role: string;
  };
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
  /** True if NOT NULL holds for new rows only: NOT VALID, PostgreSQL 18 and later. */
  readonly unread?: boolean | undefined;
  readonly default: string | undefined;
  readonly identity: "always" | "by default" | undefined;
  /** Generated from other columns, so it cannot be written. */
  readonly generated?: boolean | undefined;
  readonly comment?: string | undefined;
  /** The sequence that it owns, as `schema.name`. */
  readonly sequence?: string | undefined;
}

export interface ObservedConstraint {
  readonly name: string;
  readonly kind: "primary" | "unique" | "check" | "foreign" | "exclusion";
  readonly columns: readonly string[];
  /** Distinguishes a constraint that an update has added from another one of the same name. */
  readonly oid?: string | undefined;
  /** pg_get_constraintdef, including the state: NOT VALID, NOT ENFORCED, DEFERRABLE. */
  readonly definition: string;
  readonly validated: boolean;
  /** For a foreign key: the referenced table. */
  readonly references: { readonly schema: string; readonly table: string } | undefined;
}

export interface ObservedIndex {
  readonly name: string;
  /** Its definition after the table name: `USING btree (run_id, ts DESC) WHERE …`. Equal text means an equal index. */
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

/** A partition that is itself partitioned. */
export interface ObservedBranch {
  /** The branch as a partition of its parent. */
  readonly partition: ObservedPartition;
  /** Values from the table down to it. Undefined if one of them is not a single value: a range, several values, the default. */
  readonly path: readonly string[] | undefined;
  readonly strategy: ObservedKey["strategy"];
  readonly column: string | undefined;
  /** Its direct partitions. */
  readonly partitions: readonly ObservedPartition[];
}

/** One partition of a table, or of a branch of it. */
export interface ObservedPartition {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** pg_get_expr of the bounds, for messages. */
  readonly boundsText: string;
  /** Undefined for the default partition, and for bounds that are not a range of time. */
  readonly bounds: OpenInterval | undefined;
  readonly isDefault: boolean;
  /** Itself partitioned. */
  readonly partitioned: boolean;
  /** `schema.name` of everything below it, at any depth. Left out: nothing. */
  readonly parts?: readonly string[];
  /**
   * A foreign table: its rows are stored elsewhere, and it cannot have managed indexes, row security, replica identity, storage
   * or triggers.
   */
  readonly foreign?: boolean;
  /** True if DETACH CONCURRENTLY was interrupted, so FINALIZE is required. */
  readonly detachPending: boolean;
  /** Estimate (reltuples); undefined: never analyzed. */
  readonly rows: number | undefined;
  /** Heap, indexes and toast. */
  readonly bytes: number;
  /** Its direct parent, if that is a branch; undefined for a part of the table itself. */
  readonly parent?: BranchRef | undefined;
  /** It refuses writes. */
  readonly fenced?: boolean;
  /** Its rows are being copied into partitions of their own, and their changes captured. */
  readonly splitting?: boolean;
  /** Undefined for a partition that this run has just created. */
  readonly carried: CarriedState | undefined;
}

/** Properties of a table other than columns, keys and bounds. PostgreSQL passes none of them on to a partition. */
export interface CarriedState {
  readonly owner: string;
  /** True if the connected role has the rights of its owner. */
  readonly ours: boolean;
  readonly rowSecurity: { readonly enabled: boolean; readonly forced: boolean };
  readonly policies: readonly ObservedPolicy[];
  /** Excluding those of the owner. */
  readonly grants: readonly ObservedGrant[];
  readonly replicaIdentity: { readonly kind: "default" | "full" | "nothing" | "index"; readonly index?: string };
  /** Storage parameters as the server stores them: all values are text. */
  readonly options: Readonly<Record<string, string>>;
  /** Undefined: it has no TOAST table, and the server ignores parameters of one. */
  readonly toast: Readonly<Record<string, string>> | undefined;
  /** Tablespace of a table with storage; for a partitioned one, undefined if it names none. */
  readonly tablespace: string | undefined;
  /** Targets of columns with their own setting. */
  readonly statistics: Readonly<Record<string, number>>;
  /** For a partition: its unique indexes by the parent's index that each is attached to. */
  readonly uniqueIndexes: Readonly<Record<string, string>>;
  /** Properties that no declaration can express, or not completely. Undefined: not read. */
  readonly unsaid?: UnsaidState;
}

/**
 * Properties that a table has and no declaration expresses: existing ones are left alone, and a new partition gets those of its
 * siblings. A property left out is as on every new table.
 */
export interface UnsaidState {
  /** True if a table can be given to its owner, which may own tables in its schema. Left out: it is the owner of the whole. */
  readonly mayOwn?: boolean;
  /** Every privilege but the owner's. */
  readonly held?: readonly HeldPrivilege[];
  /** Index of the whole table, whose part here is the replica identity. */
  readonly identityOf?: string;
  /** Columns of a primary key of its own, which its parent does not have. */
  readonly ownKey?: readonly string[];
  /** The index that CLUSTER uses, and the index of the whole table that it is a part of. */
  readonly clustered?: { readonly index: string; readonly of?: string };
  /** True if it names its tablespace instead of using that of the database. */
  readonly placed?: true;
  readonly accessMethod?: string;
  readonly unlogged?: true;
  /** Columns with other storage than in the whole table, or with options. */
  readonly columns?: readonly ObservedColumnStorage[];
  /** Columns with an identity of their own, which the parent does not have. */
  readonly identities?: readonly string[];
  readonly extended?: readonly ObservedStatistics[];
  /** Triggers created on it, and not on the parent. */
  readonly triggers?: readonly ObservedOwnTrigger[];
  readonly comment?: string;
}

export interface ObservedColumnStorage {
  readonly name: string;
  /** Code from pg_attribute: p, e, x, m. Left out: as on the whole table. */
  readonly storage?: string;
  /** p, l; d for the server's default. Left out: as on the whole table. */
  readonly compression?: string;
  readonly options?: Readonly<Record<string, string>>;
}

/** An object of CREATE STATISTICS, except its name. */
export interface ObservedStatistics {
  /** Left out: the kind of a single expression. */
  readonly kinds?: readonly string[];
  /** `a, b`, or expressions. */
  readonly columns: string;
}

/** A trigger of one partition alone: its definition before and after the table name. */
export interface ObservedOwnTrigger {
  readonly name: string;
  readonly head: string;
  readonly tail: string;
  readonly fires: "origin" | "always" | "replica" | "never";
  readonly onInsert: boolean;
}

/** A row-level security policy as the server prints it. */
export interface ObservedPolicy {
  readonly name: string;
  readonly command: "all" | "select" | "insert" | "update" | "delete";
  /** `public` stands for all roles. Sorted. */
  readonly roles: readonly string[];
  readonly restrictive: boolean;
  readonly using: string | undefined;
  readonly withCheck: string | undefined;
}

/** Indexes of one partition, read only for work on indexes. */
export interface ObservedPartitionIndex extends ObservedIndex {
  /** Schema of the partition, and so of the index. */
  readonly schema: string;
  readonly partition: string;
  /** Name of the parent's index that it is attached to. */
  readonly attachedTo: string | undefined;
  /** True while another session is building it. */
  readonly building: boolean;
}

/** Everything that planning the window of one table needs from the database. */
export interface Observation {
  /** Undefined: no relation of that name exists. */
  readonly table: ObservedTable | undefined;
  readonly registration: Registration | undefined;
  /** Oldest first. */
  readonly ledger: readonly LedgerEntry[];
  readonly detached: readonly DetachedTable[];
  /** Roles that default privileges give rights on a new table, regardless of its creator. */
  readonly defaultGrantees: readonly string[];
  /** Privileges that they would get on a table created by this role or the owner of the table. Left out: none. */
  readonly defaultGrants?: readonly DefaultGrant[];
  /** The connected role. Undefined: not queried. */
  readonly role?: { readonly name: string; readonly superuser: boolean };
  /** Publications, and their readers. */
  readonly replication: ObservedReplication;
  /** The database's clock. */
  readonly now: Instant;
  /** Major version of the server. */
  readonly serverVersion?: number | undefined;
  /** Current obstacles: old transactions on the table, lagging slots, standbys. Sentences for people. */
  readonly obstacles: readonly string[];
  /** Schema of pg_partman, if its configuration names this table: it would create and drop partitions too. */
  readonly partman?: string | undefined;
}
