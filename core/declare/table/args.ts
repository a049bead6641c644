import type { DefaultPartitionArgs } from "./default-partition";
import type { LevelArgs } from "./level-args";
import type { ConstraintOptions } from "./constraints";
import type { DescriptionOptions } from "../window/description";
import type { RetirementOptions } from "../retention/retirement";
import type { TableOptions } from "./table";
import type { UpkeepOptions } from "../window/upkeep";
import type { WindowArgs } from "../window/window";
import type { PublicationArgs } from "./publication-args";
import type { FunctionNamesArgs } from "../schedule/schedule-args";
import type { Privilege, RowSecurityArgs } from "./security-args";
import type { StorageArgs } from "./storage-args";

/**
 * What a user declares about one partitioned table. Everything here is a plain value, never an Output: it decides how
 * many resources exist, and that must be known while `pulumi preview` runs.
 */
export interface TableSpecArgs
  extends TableOptions, ConstraintOptions, RetirementOptions, UpkeepOptions, DescriptionOptions {
  /**
   * Name of the partitioned table, up to 63 bytes, honoured as written (quoted). Never changes: a table with data is not renamed
   * or replaced. @example "workflow_events"
   */
  readonly table: string;
  /** Schema of the table; it must exist. @default "public" */
  readonly schema?: string;
  /**
   * Columns by name, in order. Left out: another tool owns the table, which must exist as a partitioned one, and only its
   * partitioning is managed. A later change is made on the table and every partition at once, under ACCESS EXCLUSIVE for
   * an instant: columns added (nullable or with a default that is not volatile), defaults, nullability, wider types that
   * rewrite nothing. What would rewrite the table is refused.
   *
   * @example { id: "bigserial", ts: { type: "timestamptz", default: "now()" }, payload: "jsonb" }
   */
  readonly columns?: Readonly<Record<string, string | ColumnArgs>>;
  /**
   * How the table is cut, outermost level first: one time level, LIST and HASH levels above it, HASH below; four at most.
   * Never changes, but for values and grid. @example [{ range: "ts", every: "month" }]
   */
  readonly partitionBy: readonly LevelArgs[];
  /** Which partitions exist: how far ahead, and how long data is kept. */
  readonly window: WindowArgs;
  /** Indexes by key. Built CONCURRENTLY on each partition and attached; writers never wait for a build. */
  readonly indexes?: Readonly<Record<string, IndexArgs>>;
  /** Row-level security of the table and its partitions. Left out: not managed. */
  readonly rowSecurity?: RowSecurityArgs;
  /**
   * Privileges on the table by role, and on its partitions where they are not closed; a privilege that is not declared is
   * revoked. Left out: not managed. @example { app: ["select", "insert"] }
   */
  readonly grants?: Readonly<Record<string, readonly Privilege[]>>;
  /**
   * Schema of the partitions, which must exist; for tables of a schema that an API exposes. Those that are there stay where they are.
   * @default where the newest partition lies, else the schema of the table
   */
  readonly leafSchema?: string;
  /** What identifies a row in a stream of changes. `index` names a declared unique index by its key. @default what each partition has */
  readonly replicaIdentity?: "default" | "full" | "nothing" | { readonly index: string };
  /**
   * Publications that the table is a member of, by name; a list where there is nothing more to say. Membership is the table's
   * own: new partitions are published with it. **Rows and columns that a subscriber gets are not subject to row security.**
   *
   * @example ["supabase_realtime"], { warehouse: { viaRoot: true, create: true } }
   */
  readonly publications?: readonly string[] | Readonly<Record<string, true | PublicationArgs>>;
  /** Statistics targets by column, for the table and every partition. Range 0-10000. @default what each has */
  readonly statistics?: Readonly<Record<string, number>>;
  /** Storage parameters and tablespace of partitions, by their age. Left out: not managed. */
  readonly storage?: StorageArgs;
  /** A partition for the rows that no other one takes. Left out: such rows are refused with SQLSTATE 23514. */
  readonly defaultPartition?: DefaultPartitionArgs;
  /** Names under which callers already use functions and views of the table. @example { ensure: "create_events_partition" } */
  readonly functionNames?: FunctionNamesArgs;
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
  /** Comment of the column. Left out: not managed. */
  readonly comment?: string;
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
