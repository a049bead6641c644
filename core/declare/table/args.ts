import type { DefaultPartitionArgs } from "./default-partition";
import type { LevelArgs } from "./level-args";
import type { ConstraintOptions } from "./constraints";
import type { DescriptionOptions } from "../window/description";
import type { RetirementOptions } from "../retention/retirement";
import type { TableOptions } from "./table";
import type { UpkeepOptions } from "../window/upkeep";
import type { WindowArgs } from "../window/window";
import type { PublicationArgs } from "./publication-args";
import type { Privilege, RowSecurityArgs } from "./security-args";
import type { StorageArgs } from "./storage-args";

/**
 * Declaration of one partitioned table. Everything here is a plain value, never an Output: it decides how many resources exist,
 * which must be known while `pulumi preview` runs.
 */
export interface TableSpecArgs
  extends TableOptions, ConstraintOptions, RetirementOptions, UpkeepOptions, DescriptionOptions {
  /**
   * Name of the partitioned table, up to 63 bytes, used as written (quoted). Never changes: a table with data is not renamed or
   * replaced. @example "workflow_events"
   */
  readonly table: string;
  /** Schema of the table; it must exist. @default "public" */
  readonly schema?: string;
  /**
   * Columns by name, in order. Left out: another tool owns the table, which must exist as a partitioned one, and only its
   * partitioning is managed. A later change is applied to the table and every partition at once, under ACCESS EXCLUSIVE for an
   * instant: new columns (nullable or with a default that is not volatile), defaults, nullability, wider types that rewrite
   * nothing. A change that would rewrite the table is refused.
   *
   * @example { id: "bigserial", ts: { type: "timestamptz", default: "now()" }, payload: "jsonb" }
   */
  readonly columns?: Readonly<Record<string, string | ColumnArgs>>;
  /**
   * Levels of partitioning, outermost first: one time level, LIST and HASH levels above it, HASH below; at most four. Never
   * changes, except for values and grid. @example [{ range: "ts", every: "month" }]
   */
  readonly partitionBy: readonly LevelArgs[];
  /** Partitions that exist: how far ahead they are created, and how long data is kept. */
  readonly window: WindowArgs;
  /** Indexes by key. Built CONCURRENTLY on each partition and attached; writers never wait for a build. */
  readonly indexes?: Readonly<Record<string, IndexArgs>>;
  /** Row-level security of the table and its partitions. Left out: not managed. */
  readonly rowSecurity?: RowSecurityArgs;
  /**
   * Privileges on the table by role, and on its partitions unless they are closed; an undeclared privilege is revoked. Left out:
   * not managed. @example { app: ["select", "insert"] }
   */
  readonly grants?: Readonly<Record<string, readonly Privilege[]>>;
  /**
   * Schema of the partitions, which must exist; for tables of a schema that an API exposes. Existing partitions are not moved.
   * @default where the newest partition lies, else the schema of the table
   */
  readonly leafSchema?: string;
  /**
   * Columns that identify a row in a stream of changes. `index` names a declared unique index by its key.
   * @default what each partition has
   */
  readonly replicaIdentity?: "default" | "full" | "nothing" | { readonly index: string };
  /**
   * Publications that the table is a member of, by name; a list if no settings are needed. The table itself is the member: new
   * partitions are published with it. **Rows and columns that a subscriber gets are not subject to row security.**
   *
   * @example ["supabase_realtime"], { warehouse: { viaRoot: true, create: true } }
   */
  readonly publications?: readonly string[] | Readonly<Record<string, true | PublicationArgs>>;
  /** Statistics targets by column, for the table and every partition. Range 0-10000. @default what each has */
  readonly statistics?: Readonly<Record<string, number>>;
  /** Storage parameters and tablespace of partitions, by their age. Left out: not managed. */
  readonly storage?: StorageArgs;
  /** A partition for rows that no other partition takes. Left out: such rows are refused with SQLSTATE 23514. */
  readonly defaultPartition?: DefaultPartitionArgs;
}

/** One column, written to CREATE TABLE as declared. */
export interface ColumnArgs {
  /** PostgreSQL type. @example "timestamptz", "numeric(12,2)", "text[]" */
  readonly type: string;
  /** True to allow NULL, which the partition key never does. @default false */
  readonly nullable?: boolean;
  /** Default as one SQL expression. @example "now()" */
  readonly default?: string;
  /** Identity column: `always` refuses explicit values, `by default` accepts them. */
  readonly identity?: "always" | "by default";
  /** Comment of the column. Left out: not managed. */
  readonly comment?: string;
}

/** An index of the partitioned table. Its definition never changes in place: declare a new one, then remove the old. */
export interface IndexArgs {
  /** Columns and expressions, in order; a text is the name of a column. @example ["run_id", { column: "ts", order: "desc" }] */
  readonly columns: readonly (string | IndexColumnArgs)[];
  /** True for a unique index, which must contain the partition key. @default false */
  readonly unique?: boolean;
  /** Partial index: one SQL predicate. */
  readonly where?: string;
  /** Columns stored in the index alongside the key. */
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
  /** Position of NULLs. @default last when ascending, first when descending */
  readonly nulls?: "first" | "last";
  /** Operator class. @example "jsonb_path_ops" */
  readonly opclass?: string;
};
