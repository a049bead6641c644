import type { DetachedTable, LedgerEntry } from "./ledger";
import type { BranchRef } from "../levels/levels";
import type { ObservedReplication } from "./replication";
import type { ObservedDefault } from "./default-partition";
import type { Instant } from "../time/instant";
import type { OpenInterval } from "../time/interval";
import type { Registration } from "./registration";
import type { Privilege } from "../declare/table/security-args";

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
  /** Its direct partitions. */
  readonly leaves: readonly ObservedLeaf[];
  /** Undefined: it has none. */
  readonly defaultPartition?: ObservedDefault | undefined;
  /** Partitions that are cut further, at any depth, each before its parts. */
  readonly branches: readonly ObservedBranch[];
  /** Undefined: the table is not partitioned, so nothing of it has to be equal on partitions. */
  readonly carried: CarriedState | undefined;
  /** Tables with a foreign key to this one, as `schema.table`. */
  readonly referencedBy: readonly string[];
  /** Whether the connected role may do the work: owner of the parent (or member of it), CREATE on the schema. */
  readonly comment: string | undefined;
  /** When the statistics of the table as a whole were last made: autovacuum never does that. Undefined: never. */
  readonly lastAnalyzed?: Instant | undefined;
  readonly rights: {
    readonly owner: boolean;
    readonly createInSchema: boolean;
    /** Whether partitions can be given to the owner of the table: without CREATE on the schema it may have none. */
    readonly ownerCreates: boolean;
    /** Whether membership in the owner would give more than its tables: a superuser, or a role that administers the server. */
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
  /** NOT NULL for new rows only: NOT VALID, from PostgreSQL 18 on. */
  readonly unread?: boolean | undefined;
  readonly default: string | undefined;
  readonly identity: "always" | "by default" | undefined;
  /** Generated from other columns: nobody writes it. */
  readonly generated?: boolean | undefined;
  readonly comment?: string | undefined;
  /** The sequence that it owns, as `schema.name`. */
  readonly sequence?: string | undefined;
}

export interface ObservedConstraint {
  readonly name: string;
  readonly kind: "primary" | "unique" | "check" | "foreign" | "exclusion";
  readonly columns: readonly string[];
  /** Tells one that an update has added from one of the same name that another hand made. */
  readonly oid?: string | undefined;
  /** pg_get_constraintdef, which says the state too: NOT VALID, NOT ENFORCED, DEFERRABLE. */
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

/** A partition that is itself partitioned. */
export interface ObservedBranch {
  /** As a partition of what it is a part of. */
  readonly leaf: ObservedLeaf;
  /** Values from the table down to it. Undefined where one of them is not a single value: a range, several, the default. */
  readonly path: readonly string[] | undefined;
  readonly strategy: ObservedKey["strategy"];
  readonly column: string | undefined;
  /** Its direct partitions. */
  readonly leaves: readonly ObservedLeaf[];
}

/** One partition of a table, or of a branch of it. */
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
  /** A foreign table: its rows are elsewhere, and it can carry no index, row security, replica identity, storage or trigger of ours. */
  readonly foreign?: boolean;
  /** Half detached: DETACH CONCURRENTLY was interrupted, FINALIZE is due. */
  readonly detachPending: boolean;
  /** Estimate (reltuples); undefined: never analyzed. */
  readonly rows: number | undefined;
  /** Heap, indexes and toast. */
  readonly bytes: number;
  /** The branch that it is a direct part of; undefined for a part of the table itself. */
  readonly parent?: BranchRef | undefined;
  /** It refuses writes. */
  readonly fenced?: boolean;
  /** Undefined for one that this run has just made. */
  readonly carried: CarriedState | undefined;
}

/** What a table carries besides columns, keys and bounds. PostgreSQL hands none of it down to a partition. */
export interface CarriedState {
  readonly owner: string;
  /** Whether the connected role has the rights of its owner. */
  readonly ours: boolean;
  readonly rowSecurity: { readonly enabled: boolean; readonly forced: boolean };
  readonly policies: readonly ObservedPolicy[];
  /** Without those of the owner. */
  readonly grants: readonly ObservedGrant[];
  readonly replicaIdentity: { readonly kind: "default" | "full" | "nothing" | "index"; readonly index?: string };
  /** Storage parameters as the server keeps them: all values are text. */
  readonly options: Readonly<Record<string, string>>;
  /** Undefined: it has no TOAST table, and the server forgets parameters of one. */
  readonly toast: Readonly<Record<string, string>> | undefined;
  /** Of a table with storage the one that it lies in; of a partitioned one undefined where it names none. */
  readonly tablespace: string | undefined;
  /** Targets of columns that have one of their own. */
  readonly statistics: Readonly<Record<string, number>>;
  /** For a partition: its unique indexes by the parent's index that each is attached to. */
  readonly uniqueIndexes: Readonly<Record<string, string>>;
  /** What no declaration can say, or not all of it. Undefined: not read. */
  readonly unsaid?: UnsaidState;
}

/**
 * What a table carries and no declaration says: it is left alone where it is, and a new partition has it as its siblings have it.
 * What is left out is as on every new table.
 */
export interface UnsaidState {
  /** Whether a table can be given to its owner, who may have tables in its schema. Left out: it is the owner of the whole. */
  readonly mayOwn?: boolean;
  /** Every privilege but the owner's. */
  readonly held?: readonly HeldPrivilege[];
  /** Index of the whole table whose part is the replica identity. */
  readonly identityOf?: string;
  /** Columns of a primary key of its own, which the table above does not have. */
  readonly ownKey?: readonly string[];
  /** The index that CLUSTER goes by, and the index of the whole table that it is a part of. */
  readonly clustered?: { readonly index: string; readonly of?: string };
  /** It names its tablespace, and is not just in that of the database. */
  readonly placed?: true;
  readonly accessMethod?: string;
  readonly unlogged?: true;
  /** Columns that are stored in another way than the same ones of the whole table, or have options. */
  readonly columns?: readonly ObservedColumnStorage[];
  /** Columns with an identity of their own, which the table above does not have. */
  readonly identities?: readonly string[];
  readonly extended?: readonly ObservedStatistics[];
  /** Triggers that were made on it, and not on the table above. */
  readonly triggers?: readonly ObservedOwnTrigger[];
  readonly comment?: string;
}

/** One privilege of one role, on the whole table or on some columns. */
export interface HeldPrivilege {
  /** `public` stands for everybody. */
  readonly role: string;
  /** Lower case. */
  readonly privilege: string;
  /** Left out: the whole table. */
  readonly columns?: readonly string[];
  /** The role may grant it on. */
  readonly grantable: boolean;
}

/** A privilege that default privileges give on a table that one role makes. */
export interface DefaultGrant extends HeldPrivilege {
  readonly maker: string;
  /** Left out: in every schema. */
  readonly schema?: string;
}

export interface ObservedColumnStorage {
  readonly name: string;
  /** As pg_attribute has it: p, e, x, m. Left out: as on the whole table. */
  readonly storage?: string;
  /** p, l; d for the server's default. Left out: as on the whole table. */
  readonly compression?: string;
  readonly options?: Readonly<Record<string, string>>;
}

/** An object of CREATE STATISTICS but for its name. */
export interface ObservedStatistics {
  /** Left out: that of one expression. */
  readonly kinds?: readonly string[];
  /** `a, b`, or expressions. */
  readonly columns: string;
}

/** A trigger of one partition alone: its definition before and after the name of the table. */
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
  /** `public` stands for everybody. Sorted. */
  readonly roles: readonly string[];
  readonly restrictive: boolean;
  readonly using: string | undefined;
  readonly withCheck: string | undefined;
}

export interface ObservedGrant {
  /** `public` stands for everybody. */
  readonly role: string;
  /** Granted by the owner on the whole table. Lower case, sorted. */
  readonly privileges: readonly Privilege[];
  /** Held in another way: on single columns, or granted by somebody who was given the right to grant. */
  readonly others?: readonly Privilege[];
  /** Those that the role may grant on. */
  readonly grantable?: readonly string[];
}

/** Indexes of one leaf, read only where indexes are the work. */
export interface ObservedLeafIndex extends ObservedIndex {
  /** Schema of the leaf, and so of the index. */
  readonly schema: string;
  readonly leaf: string;
  /** Name of the parent's index that it is attached to. */
  readonly attachedTo: string | undefined;
  /** Whether its build is under way right now in another session. */
  readonly building: boolean;
}

/** Everything that planning one table's window needs from the database. */
export interface Observation {
  /** Undefined: there is no relation of that name. */
  readonly table: ObservedTable | undefined;
  readonly registration: Registration | undefined;
  /** Oldest first. */
  readonly ledger: readonly LedgerEntry[];
  readonly detached: readonly DetachedTable[];
  /** Roles that default privileges would give rights on a new table, whoever makes it. */
  readonly defaultGrantees: readonly string[];
  /** What they would give on a table that this role or the owner of the table makes. Left out: nothing. */
  readonly defaultGrants?: readonly DefaultGrant[];
  /** The role that we are connected as. Undefined: not asked. */
  readonly role?: { readonly name: string; readonly superuser: boolean };
  /** What is published, and who reads it. */
  readonly replication: ObservedReplication;
  /** The database's clock. */
  readonly now: Instant;
  /** Major version of the server. */
  readonly serverVersion?: number | undefined;
  /** What is in the way right now: old transactions on the table, lagging slots, standbys. Sentences for people. */
  readonly obstacles: readonly string[];
  /** Schema of pg_partman, where its configuration names this table: it would make and drop partitions too. */
  readonly partman?: string | undefined;
}
