import type { Observation, ObservedTable } from "../../observed/observed-table";
import type { BackupSpec } from "../../declare/retention/backup";
import type { BackupFact } from "../../plan/retire/backup-guard";
import type { Instant } from "../../time/instant";
import type { KeyEncoding, KeyKind } from "../../time/key";
import type { Period } from "../../time/period";
import type { ConversionSource } from "../source";

/** Everything that the analysis of one plain table is made from. Plain data: postgres/ fills it. */
export interface ConversionFacts {
  readonly table: ObservedTable;
  readonly source: ConversionSource;
  readonly replication: Observation["replication"];
  /** What is in the way right now, as {@link Observation.obstacles}. */
  readonly obstacles: readonly string[];
  readonly serverVersion: number;
  readonly now: Instant;
  /** Statements that an administrator has to run before the role may convert it. */
  readonly missingRights: readonly string[];
  /** Stack that manages a table of this name already. */
  readonly managedBy?: string | undefined;
  readonly activity: TableActivity;
  readonly statistics: readonly ColumnStatistics[];
  /** Undefined: no column was found, or named, that could be the key. */
  readonly key: KeyFacts | undefined;
  /** The column that the operator named, if it is not in the table. */
  readonly absentColumn?: string | undefined;
  readonly every: Period;
  /** End of the history: declared, or proposed. Undefined without a key. */
  readonly historyUntil: Instant | undefined;
  readonly texts: StatementTexts;
  /** Backup that the swap will require, and what its query has answered. Undefined: none is asked for. */
  readonly backup?: { readonly required: BackupSpec; readonly found: BackupFact } | undefined;
}

/** Size and traffic of a table, and the state of its server. */
export interface TableActivity {
  /** Estimate, from the last ANALYZE and the pages since. Undefined: never analyzed. */
  readonly rows: number | undefined;
  readonly heapBytes: number;
  readonly indexBytes: number;
  readonly toastBytes: number;
  /** Rows since the statistics were reset. */
  readonly inserts: number;
  readonly updates: number;
  readonly hotUpdates: number;
  readonly deletes: number;
  readonly sequentialScans: number;
  /** Seconds that the counters cover. Undefined: since the database was made, a time that the server does not know. */
  readonly seconds: number | undefined;
  readonly server: ServerState;
}

interface ServerState {
  readonly maxWalBytes: number;
  /** Every transaction of this database that has been open for a while: a concurrent index build waits for all of them. */
  readonly oldTransactions: readonly OldTransaction[];
  readonly preparedTransactions: readonly { readonly name: string; readonly seconds: number }[];
  readonly replicas: readonly Replica[];
  readonly slots: readonly WalSlot[];
  /** False: the connected role sees neither statements of others nor what replicas report. */
  readonly seesAll: boolean;
}

interface OldTransaction {
  readonly pid: number;
  readonly application: string;
  readonly state: string | undefined;
  readonly seconds: number;
}

interface Replica {
  readonly name: string;
  /** Undefined: hidden from the role, or just connected. */
  readonly lagBytes: number | undefined;
  /** True if it reports the oldest snapshot of its transactions (hot_standby_feedback), and the role sees it. */
  readonly feedback: boolean;
}

interface WalSlot {
  readonly name: string;
  readonly kind: "physical" | "logical";
  readonly active: boolean;
  readonly keptBytes: number | undefined;
}

/** A row of pg_stats: all of it is an estimate. */
export interface ColumnStatistics {
  readonly column: string;
  readonly nullShare: number;
  /** Number of different values; negative: a share of the rows. */
  readonly distinct: number;
  /** Between the order of the values and that of the rows in the file, from -1 to 1. */
  readonly correlation: number | undefined;
}

/** The column that the table would be partitioned by, and what its rows hold. */
export interface KeyFacts {
  readonly column: string;
  readonly type: string;
  readonly encoding: KeyEncoding;
  readonly kind: KeyKind | undefined;
  readonly zone: string;
  /** Columns of LIST and HASH levels beside it. Left out: none. */
  readonly levels?: readonly string[];
  /** Other columns that could be the key. */
  readonly rivals: readonly string[];
  /** Undefined: nothing could be read. */
  readonly rows: KeyRows | undefined;
  /** Reason why nothing could be read. */
  readonly unread?: string | undefined;
  /** Estimated time of reading the whole table once. Undefined: not measured. */
  readonly scanSeconds: number | undefined;
}

/** What the rows hold in the key. */
export interface KeyRows {
  /** `index` and `table` are exact; a sample has seen a part of the rows. */
  readonly from: "index" | "table" | "sample";
  /** Rows that were read. */
  readonly read: number | undefined;
  /** Without a value. From an index: counted to a limit. */
  readonly nulls: number;
  readonly nullsCapped: boolean;
  /** As the server prints them; undefined: no row. */
  readonly min: string | undefined;
  readonly max: string | undefined;
  /** Undefined: not finite, or not a time. */
  readonly minTime: Instant | undefined;
  readonly maxTime: Instant | undefined;
}

/** Texts that name the table. */
export interface StatementTexts {
  /** `unread`: pg_stat_statements is not installed, or closed to the role. */
  readonly statistics: "read" | "absent" | "unread";
  readonly statements: readonly SeenStatement[];
  readonly functions: readonly { readonly signature: string; readonly source: string }[];
}

interface SeenStatement {
  readonly text: string;
  readonly calls: number;
  readonly meanMs: number;
}
