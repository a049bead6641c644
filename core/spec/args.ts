import type { KeyEncoding } from "../time/key";
import type { Period } from "../time/period";
import type { Span } from "../time/span";

/**
 * What a user declares about one partitioned table. Everything here is a plain value, never an Output: it decides how
 * many resources exist, and that must be known while `pulumi preview` runs.
 */
export interface TableSpecArgs {
  /** Name of the partitioned table, up to 63 bytes, honoured as written (quoted). @example "workflow_events" */
  readonly table: string;
  /** Schema of the table; it must exist. @default "public" */
  readonly schema?: string;
  /**
   * Columns by name, in order. Left out: another tool owns the table, which must exist as a partitioned one, and only its
   * partitioning is managed. Costs nothing after creation: columns are compared, never altered.
   *
   * @example { id: "bigserial", ts: { type: "timestamptz", default: "now()" }, payload: "jsonb" }
   */
  readonly columns?: Readonly<Record<string, string | ColumnArgs>>;
  /** Columns of the primary key. PostgreSQL requires the partition key among them. @example ["id", "ts"] */
  readonly primaryKey?: readonly string[];
  /** Unique constraints by name. Each must contain the partition key, because PostgreSQL enforces uniqueness per partition. */
  readonly uniques?: Readonly<Record<string, readonly string[]>>;
  /** CHECK constraints by name, each one SQL expression. */
  readonly checks?: Readonly<Record<string, string>>;
  /** Foreign keys by name. Each new partition takes a SHARE ROW EXCLUSIVE lock on the referenced table for an instant. */
  readonly foreignKeys?: Readonly<Record<string, ForeignKeyArgs>>;
  /** How the table is cut, outermost level first. One time level now. @example [{ range: "ts", every: "month" }] */
  readonly partitionBy: readonly LevelArgs[];
  /** Which partitions exist: how far ahead, and how long data is kept. */
  readonly window: WindowArgs;
  /**
   * What happens to a partition that has expired. `detach`: it leaves the table and stays as a table of its own.
   * `drop`: it is detached and, after `grace`, dropped: **the data is gone**. No default: nobody loses data by omission.
   */
  readonly onExpire: "detach" | "drop";
  /** Time between detach and drop, by the database's clock. Only with `onExpire: "drop"`. @default "7 days" */
  readonly grace?: Span | "none";
  /** Indexes by key. Built CONCURRENTLY on each partition and attached; writers never wait for a build. */
  readonly indexes?: Readonly<Record<string, IndexArgs>>;
  /** Why the data is kept for that long; shown in preview and to policies. @example "compliance and audit" */
  readonly reason?: string;
  /** Class of the data, for policies that bound retention by class. @example "audit", "personal", "telemetry" */
  readonly dataClass?: string;
  /** Who answers for the table. @example "platform@example.com" */
  readonly owner?: string;
  /** Intervals that one update may retire before a confirmation is needed. Range 1-1000. @default 3 */
  readonly maxDropsPerUpdate?: number;
  /**
   * Retirements confirmed by their bounds, exactly as preview printed them. Confirms these and nothing else: **their data
   * leaves the table** in the next update.
   *
   * @example ["2025-01-01T00:00:00Z/2025-02-01T00:00:00Z"]
   */
  readonly confirmDrops?: readonly string[];
  /** Ranges that were dropped or archived before and may come back empty, by their bounds as the error printed them. */
  readonly allowEmpty?: readonly string[];
  /** Stops every retirement, never the creation of partitions. @default false */
  readonly paused?: boolean;
  /**
   * `partition`: each partition is a resource of its own in state and diff. `window`: PartitionWindow makes and retires
   * them itself and state holds only counts; recommended from 200 partitions. Switching moves no row and drops nothing.
   *
   * @default "partition"
   */
  readonly resources?: "partition" | "window";
}

/** One column, written to CREATE TABLE as declared. */
export interface ColumnArgs {
  /** PostgreSQL type. @example "timestamptz", "numeric(12,2)", "text[]" */
  readonly type: string;
  /** Whether NULL is allowed. The partition key never may be. @default false */
  readonly nullable?: boolean;
  /** Default as one SQL expression. @example "now()" */
  readonly default?: string;
  /** Identity column: `always` refuses explicit values, `by default` takes them. */
  readonly identity?: "always" | "by default";
}

/** A foreign key from the partitioned table. The referenced columns need a unique index. */
export interface ForeignKeyArgs {
  /** Columns of this table, paired in order with the referenced ones. @example ["run_id"] */
  readonly columns: readonly string[];
  /** What it points to. */
  readonly references: {
    /** Schema of the referenced table. @default "public" */
    readonly schema?: string;
    /** Name of the referenced table. Needs the right REFERENCES on it. */
    readonly table: string;
    /** Its referenced columns, as many as `columns`. @example ["id"] */
    readonly columns: readonly string[];
  };
  /** What a delete of the referenced row does here. @default "no action" */
  readonly onDelete?: ReferentialAction;
  /** What an update of the referenced key does here. @default "no action" */
  readonly onUpdate?: ReferentialAction;
}

export type ReferentialAction = "no action" | "restrict" | "cascade" | "set null" | "set default";

/** One level of partitioning. */
export interface LevelArgs {
  /** Key column of a RANGE level. @example "created_at" */
  readonly range: string;
  /** Length of a partition. @default "month" */
  readonly every?: Period;
  /** Instead of `every`: stretches of the time axis with different lengths, oldest first, each beginning where the one before ends. */
  readonly grid?: readonly SegmentArgs[];
  /** Time zone by whose calendar the table is cut. Hours need a zone without daylight saving. @default "UTC" */
  readonly zone?: string;
  /** How the key column writes time. `time` follows the column's type. @default "time" */
  readonly key?: KeyEncoding;
  /**
   * Template of partition names; {table}, {yyyy}, {mm}, {dd}, {hh}, {q}, {gggg} and {ww} (ISO week) are filled from the
   * first instant. Longer than 63 bytes: ends in a hash. @default "{table}_p{yyyy}_{mm}" for months, alike for the others
   */
  readonly name?: string;
}

/** One stretch of the grid. */
export interface SegmentArgs {
  /** First instant, ISO 8601. Left out in the first segment: since ever. */
  readonly from?: string;
  /** First instant after it. Left out: until the next segment begins. */
  readonly to?: string;
  /** Length of its partitions; `whole` is one partition of odd size, with `from`, `to` and a literal `name`. */
  readonly every: Period | "whole";
  /** Template of its partitions' names, as for a level; for `whole` a literal, and required. @default that of the level */
  readonly name?: string;
}

/** The window of partitions that exist. */
export interface WindowArgs {
  /** How far ahead of the current interval partitions are made, or the fixed end. @example "3 months", { until: "2027-01-01" } */
  readonly lead: Span | { readonly until: string };
  /** How long data is kept after the start of the current interval. **What is older leaves the table.** @example "12 months", "forever" */
  readonly retention: Span | "forever";
  /** First instant that gets a partition. Never advances by itself. Required with retention "forever". @default the horizon */
  readonly start?: string;
}

/** An index of the partitioned table. Its definition never changes in place: declare a new one, then remove the old. */
export interface IndexArgs {
  /** Columns and expressions, in order; a text is the name of a column. @example ["run_id", { column: "ts", order: "desc" }] */
  readonly columns: readonly (string | IndexColumnArgs)[];
  /** Unique indexes must contain the partition key. @default false */
  readonly unique?: boolean;
  /** Partial index: one SQL predicate. */
  readonly where?: string;
  /** Columns stored in the index beside the key. */
  readonly include?: readonly string[];
  /** Access method; only btree can be unique. @default "btree" */
  readonly method?: "btree" | "hash" | "gin" | "gist" | "brin" | "spgist";
  /** Template of the index name on the parent: {table}, {index} (its key here). @default "{table}_{index}" */
  readonly name?: string;
  /** Template of the index name on a partition: {partition}, {index}, {table}. @default "{partition}_{index}" */
  readonly leafName?: string;
}

/** One column or expression of an index. */
export type IndexColumnArgs = (
  | {
      /** Name of a column. */
      readonly column: string;
    }
  | {
      /** One SQL expression, instead of a column. @example "lower(email)" */
      readonly expression: string;
    }
) & {
  /** Order of the values. @default "asc" */
  readonly order?: "asc" | "desc";
  /** Where NULLs stand. @default last when ascending, first when descending */
  readonly nulls?: "first" | "last";
  /** Operator class. @example "jsonb_path_ops" */
  readonly opclass?: string;
};
