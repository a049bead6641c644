import type { Span } from "./time/span";

/** Every default of the product, each with its reason. No other code contains a bare number of this kind. */

/** The schema of a table that names none: PostgreSQL's own default. */
export const DEFAULT_SCHEMA = "public";

/** Schema of the registry and the ledger. */
export const DEFAULT_MANAGEMENT_SCHEMA = "pgpartition";

/** Bounds follow UTC unless a zone is declared, so that no server or laptop setting can move one. */
export const DEFAULT_ZONE = "UTC";

/** Months give a year's window a dozen partitions, which every planner handles. */
export const DEFAULT_PERIOD = "month";

/** Time between detach and drop if dropping loses the data for good: a week to notice a mistake. */
export const DEFAULT_GRACE: Span = "7 days";

/** Size of what the server sends for one part of an archive, in MB: an object of some 50 MB, which is sent again in seconds. */
export const DEFAULT_SPOOL_MEGABYTES = 256;

/** Intervals that one update may retire without a confirmation: a normal roll is one, a missed month two. */
export const DEFAULT_MAX_DROPS_PER_UPDATE = 3;

/** Below PostgreSQL's deadlock_timeout (1 s), so that this stack gives way long before the application could see a deadlock. */
export const DEFAULT_LOCK_TIMEOUT_MS = 100;

/** Total time that one step may spend on retries for a strong lock before it names the blocker and gives up. */
export const DEFAULT_LOCK_BUDGET_MS = 60_000;

/**
 * Statements that block no other session (index builds, validation) may wait this long: a killed build leaves an invalid index.
 */
export const DEFAULT_WAIT_BUDGET_MS = 6 * 60 * 60_000;

/** Instant statements end in milliseconds; one that runs this long is not instant and must be stopped while it holds a lock. */
export const DEFAULT_STATEMENT_TIMEOUT_MS = 10_000;

/** Age of a backup that is recent enough for the swap of a conversion: one a night, which took hours and began the night before. */
export const SWAP_BACKUP_WITHIN: Span = "48 hours";

/**
 * Rows of a default partition that are moved, or read, while it is locked: a tenth of a second on two cores. For more of them,
 * other methods are used, which do not block either.
 */
export const MAX_DRAINED_ROWS = 10_000;

/**
 * Time for which the lock of a conversion is waited for once if only autovacuum is in the way: autovacuum gives way when a waiting
 * session looks for a deadlock, after deadlock_timeout (1 s; https://www.postgresql.org/docs/current/routine-vacuuming.html).
 */
export const AUTOVACUUM_WAIT_MS = 1_500;

/**
 * Rows at or after the end of the history that the way back of a conversion moves while the table is locked: a second or two on
 * two cores, with a primary key, two indexes and a foreign key.
 */
export const MAX_RETURNED_ROWS = 100_000;

/**
 * Changes that the swap of a copying conversion reconciles while the table is locked: some 50 ms on two cores. With more of them the
 * lock is let go, and they are reconciled before the next try.
 */
export const MAX_SWAP_CHANGES = 2_000;

/**
 * Partitions of the copy of a plain table: its swap locks each with its indexes, and the server's lock table holds 64 locks for each
 * of its connections by default (max_locks_per_transaction).
 */
export const MAX_COPY_PARTITIONS = 500;

/**
 * Age of what a replica replays, from which on a copy waits for it: reads of a standby are stale by seconds, as they are on a busy
 * day, and not by minutes.
 */
export const DEFAULT_MAX_REPLICA_LAG_SECONDS = 10;

/**
 * WAL that a slot keeps, or that a replica has yet to replay, from which on a copy waits: eight times max_wal_size as PostgreSQL ships
 * it, so that the disk of the WAL does not run full behind a reader that stands still.
 */
export const DEFAULT_MAX_SLOT_LAG = "8 GB";

/** Share of max_slot_wal_keep_size that a copy lets a slot use: beyond all of it the server gives the slot up for good. */
export const SLOT_KEEP_SHARE = 0.8;

/**
 * Checkpoints that may follow each other within a minute before a copy goes slower: PostgreSQL itself warns of more than one in
 * 30 s (checkpoint_warning), because each makes writers log whole pages.
 */
export const MAX_CHECKPOINTS_A_MINUTE = 2;

/** Rows that are named when the way back of a conversion finds several with one former key. */
export const MAX_NAMED_ROWS = 20;

/** Connections to one database: one for reads, the rest for work on different tables. */
export const DEFAULT_POOL_SIZE = 4;

/** Seconds that the program's clock may be ahead of the database's before retirement stops. */
export const MAX_CLOCK_SKEW_SECONDS = 10;

/** Number of partitions from which `resources: "window"` is recommended: every resource costs the engine a state write. */
export const WARN_PARTITIONS_AS_RESOURCES = 200;

/** More intervals than this in one window is a mistake of units; PostgreSQL's planner suffers long before. */
export const MAX_WINDOW_INTERVALS = 20_000;

/** Retirements listed one by one in the plan; aggregates always cover all. */
export const MAX_LISTED_DROPS = 200;

/** A publication created by this stack names the table, not its partitions, whose names come and go with the window. */
export const DEFAULT_VIA_ROOT = true;

/** Changes that a publication created by this stack sends: PostgreSQL's own default. */
export const DEFAULT_PUBLISHED_CHANGES = ["insert", "update", "delete", "truncate"] as const;

/** Intervals beyond the lead for which the schedule in the database gets statements. */
export const PREPARED_INTERVALS = 24;

/** Minimum span of them, so that a table of days is not abandoned after three weeks. */
export const PREPARED_SPAN: Span = "6 months";

/** Maximum for short intervals, beyond the lead and within it: each is some kilobytes in the registry. */
export const MAX_PREPARED = 200;

/** Below this a partition is small: more of them would cost planning time and locks without a benefit. */
export const DEFAULT_SMALL_SIZE = "10 GB";

/** Above this vacuum, index builds and copies of one partition take hours. */
export const DEFAULT_WARN_SIZE = "100 GB";

/** Twice that: the interval is wrong by now. */
export const DEFAULT_ALERT_SIZE = "200 GB";

/** A week to react, and less than the shortest usual lead of a month. */
export const DEFAULT_RUNWAY_ALERT: Span = "7 days";

/** A partition is required at the turn of an interval; the schedule or the next update may be an hour away. */
export const DEFAULT_CREATION_PATIENCE: Span = "1 hour";

/** A nightly job that missed one run. */
export const DEFAULT_JOB_SILENCE: Span = "2 days";

/** Each row in a default partition is one that no partition of the window took. */
export const DEFAULT_ROWS_IN_DEFAULT = 1;

/** Months differ somewhat by season; ten times the median is not seasonal. */
export const DEFAULT_IMBALANCE = 10;

/** Mean time of a statement that deserves attention. */
export const DEFAULT_SLOW_QUERY = "1 s";

export const DEFAULT_DASHBOARD_TITLE = "Partitioned tables";

/** Parts of an unfinished upload cost money and appear in no listing; a resumed archive returns sooner than this. */
export const DEFAULT_ABORT_UPLOADS: Span = "7 days";

/** Mode of every file that holds rows of a table: only its user may read it, even if the folder is open to others. */
export const PRIVATE_FILE_MODE = 0o600;
