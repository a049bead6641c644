import type { ConversionOptions } from "../conversion/convert-from";
import type { ColumnArgs } from "./column";
import type { LevelArgs } from "../levels/level-args";
import type { ConstraintOptions } from "./constraints";
import type { DescriptionOptions } from "../window/description";
import type { RetirementOptions } from "../retention/retirement";
import type { TableOptions } from "./table";
import type { UpkeepOptions } from "../window/upkeep";
import type { WindowArgs } from "../window/window";
import type { PublicationArgs } from "./publications";
import type { IndexArgs } from "./indexes";
import type { ProfileOptions } from "./profile";

/**
 * Declaration of one partitioned table. Everything here is a plain value, never an Output: it decides how many resources exist,
 * which must be known while `pulumi preview` runs.
 */
export interface TableSpecArgs
  extends
    TableOptions,
    ConstraintOptions,
    ProfileOptions,
    RetirementOptions,
    UpkeepOptions,
    DescriptionOptions,
    ConversionOptions {
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
  /**
   * Publications that the table is a member of, by name; a list if no settings are needed. The table itself is the member: new
   * partitions are published with it. **Rows and columns that a subscriber gets are not subject to row security.**
   *
   * @example ["supabase_realtime"], { warehouse: { viaRoot: true, create: true } }
   */
  readonly publications?: readonly string[] | Readonly<Record<string, true | PublicationArgs>>;
}
