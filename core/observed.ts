import type { BranchRef } from "./levels/levels";
import type { ObservedReplication, RegisteredPublication } from "./observed-replication";
import type { ObservedDefault } from "./observed-default";
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
  readonly privileges: readonly string[];
  /** Held in another way: on single columns, or granted by somebody who was given the right to grant. */
  readonly others?: readonly string[];
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
  readonly printed: string;
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

/** The latest ledger entries that decide about one partition of a table. */
export interface LedgerEntry {
  readonly partition: string;
  /** The branch that it is a part of, as branchKey writes it; empty for the table itself. */
  readonly branch: string;
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
  | "destroying"
  /** Nobody may write to it any more, because it is being archived. */
  | "fenced"
  /** An export into the store has begun. */
  | "exporting"
  /** The archive is complete and proved. */
  | "archived"
  /** What the ledger says of an archive is not what the store holds. */
  | "doubted"
  /** A table was made for the rows of an archive, and they are not in it yet. */
  | "restoring"
  /** All rows of an archive are in it. */
  | "restored";

export interface LedgerDetail {
  /** On `adopted`: the partition had expired already, so it is never swept until confirmed. */
  readonly expiredAtAdoption?: boolean;
  /** On `detaching` and `detached`: dropped after this time, promised when it was detached. On `archived`: the same, from then on. */
  readonly dropAfter?: string;
  /** On `detaching` and `detached`: it is archived before anything else happens to it. */
  readonly archive?: true;
  /** On `archived`, `restoring` and `restored`: the manifest's place in the store, `s3://bucket/…/_manifest.json`. */
  readonly manifest?: string;
  readonly rows?: number;
  readonly bytes?: number;
  readonly objects?: number;
  /** On `archived`: how the archive was proved. */
  readonly verify?: "checksum" | "readBack";
  /** On `restored`: the command line asked for it, so that no program has to name it. */
  readonly pinned?: true;
  /** On `restored` and pinned: when it may leave again. Left out: when confirmDrops names it. */
  readonly until?: string;
}

/** A complete and proved archive of a table that still exists. */
export interface ArchivedFacts {
  readonly manifest: string;
  readonly rows: number;
  readonly bytes: number;
  readonly objects: number;
  readonly verify: "checksum" | "readBack";
  readonly at: Instant;
  readonly dropAfter: Instant;
}

/** A table that left its parent by our hand: known by its ledger row, oid and bounds; names never decide. */
export interface DetachedTable {
  /** As in the ledger. */
  readonly branch: string;
  readonly schema: string;
  readonly name: string;
  readonly oid: string;
  readonly bounds: OpenInterval;
  readonly detachedAt: Instant;
  readonly dropAfter: Instant | undefined;
  /** Its detach promised an archive. */
  readonly toArchive?: boolean;
  /** The last word of the ledger about it is that it has been archived. */
  readonly archived?: ArchivedFacts | undefined;
  /** It refuses writes. */
  readonly fenced?: boolean;
  /** Made for the rows of an archive that are not in it yet. */
  readonly half?: boolean;
  /** Logical slots of this database that have not read as far as its detach. */
  readonly unreadBy?: readonly string[];
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
  /** Roles that default privileges would give rights on a new table, whoever makes it. */
  readonly defaultGrantees: readonly string[];
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
