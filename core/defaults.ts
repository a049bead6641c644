import type { Span } from "./time/span";

/** Every default of the product, each with its reason. Nothing else in the code holds a bare number of this kind. */

/** The schema of a table that names none: PostgreSQL's own default. */
export const DEFAULT_SCHEMA = "public";

/** The schema of our registry and ledger. */
export const DEFAULT_MANAGEMENT_SCHEMA = "pgpartition";

/** Bounds are cut in UTC unless a zone is declared, so that no server or laptop setting can move one. */
export const DEFAULT_ZONE = "UTC";

/** Months keep a year's window at a dozen partitions, which every planner handles. */
export const DEFAULT_PERIOD = "month";

/** Time between detach and drop where dropping loses the data for good: a week in which somebody notices. */
export const DEFAULT_GRACE: Span = "7 days";

/** Intervals that one update may retire without a confirmation: a normal roll is one, a missed month two. */
export const DEFAULT_MAX_DROPS_PER_UPDATE = 3;

/** Below PostgreSQL's deadlock_timeout (1 s), so that we give way long before the application could see a deadlock. */
export const DEFAULT_LOCK_TIMEOUT_MS = 100;

/** Total time that one step may spend on retries for a strong lock before it names the blocker and gives up. */
export const DEFAULT_LOCK_BUDGET_MS = 60_000;

/** Statements that block nobody (index builds, validation) may wait this long: a killed build leaves an invalid index. */
export const DEFAULT_WAIT_BUDGET_MS = 6 * 60 * 60_000;

/** Instant statements end in milliseconds; one that runs this long is not instant and must be stopped while it holds a lock. */
export const DEFAULT_STATEMENT_TIMEOUT_MS = 10_000;

/** Connections to one database: one for reads, the rest for work on different tables. */
export const DEFAULT_POOL_SIZE = 4;

/** How far the program's clock may be ahead of the database's before nothing is retired any more. */
export const MAX_CLOCK_SKEW_SECONDS = 10;

/** Leaves from which `resources: "window"` is recommended: every leaf as a resource costs the engine a state write. */
export const WARN_LEAVES_AS_RESOURCES = 200;

/** More intervals than this in one window is a mistake of units; PostgreSQL's planner suffers long before. */
export const MAX_WINDOW_INTERVALS = 20_000;

/** Retirements listed one by one in the plan; aggregates always cover all. */
export const MAX_LISTED_DROPS = 200;

/** Statements listed in a plan, in inputs and in the text of preview: a first update of three years of months fits. */
export const MAX_LISTED_STATEMENTS = 200;
