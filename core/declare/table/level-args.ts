import type { KeyEncoding } from "../../time/key";
import type { Period } from "../../time/period";
import type { Span } from "../../time/span";

/** One level of partitioning, identified by its property `range`, `list` or `hash`. */
export type LevelArgs = RangeLevelArgs | ListLevelArgs | HashLevelArgs;

/** The level that partitions a table by time. Every table has exactly one. */
export interface RangeLevelArgs {
  /** Key column of a RANGE level. @example "created_at" */
  readonly range: string;
  /** Length of a partition. @default "month" */
  readonly every?: Period;
  /**
   * Instead of `every`: segments of the time axis with different lengths, oldest first, each beginning where the previous one
   * ends.
   */
  readonly grid?: readonly SegmentArgs[];
  /** Time zone whose calendar the partitions follow. Hours need a zone without daylight saving. @default "UTC" */
  readonly zone?: string;
  /** Encoding of time in the key column. `time` follows the column's type. @default "time" */
  readonly key?: KeyEncoding;
  /**
   * Template of partition names. {table}, {base} (the branch that it belongs to), {yyyy}, {mm}, {dd}, {hh}, {q}, {gggg} and {ww}
   * (ISO week) are filled in from the first instant. Names longer than 63 bytes end in a hash.
   *
   * @default "{table}_p{yyyy}_{mm}" for months, alike for the others; with levels above `{base}` in place of `{table}`
   */
  readonly name?: string;
  /** Other lengths below some values of the levels above. The first match applies. */
  readonly overrides?: readonly LevelOverrideArgs[];
}

/** Another length of partitions below some values, for branches that grow faster or slower than the others. */
export interface LevelOverrideArgs {
  /** Values by column of a level above; all have to match. @example { site_id: "def-456" } */
  readonly when: Readonly<Record<string, string>>;
  /** Length of a partition there. @default "month" */
  readonly every?: Period;
  /** Instead of `every`, as for the level. */
  readonly grid?: readonly SegmentArgs[];
  /** Template of partition names there. @default that of the level, where it fits the length */
  readonly name?: string;
}

/** A level above the time level that partitions a table by the values of a column, with one branch for each value. */
export interface ListLevelArgs {
  /** Column of a LIST level. @example "program_id" */
  readonly list: string;
  /** Its values: given, or read from a table, so that a new row there becomes a new branch in the next update. */
  readonly values: readonly string[] | ListValuesArgs;
  /**
   * Template of the names of its branches: {table}, {base} (the branch above, or the table), {value}. @default "{base}_{value}"
   */
  readonly name?: string;
  /**
   * True to reduce {value} to lower-case letters, digits and underscores: `abc-123` becomes `abc123`. If two values get the same
   * name, a hash distinguishes those read from a table; given ones are refused. @default true
   */
  readonly slug?: boolean;
  /**
   * Time after its end at which an **empty** partition of an ended value is retired, regardless of the retention. A partition
   * that ever held a row is left to the window. @default never
   */
  readonly cleanupAfter?: Span;
}

/** Values of a LIST level that are read from a table. */
export interface ListValuesArgs {
  /** The table, `schema.table` or `table` in the schema of the partitioned one. */
  readonly from: string;
  /** Its column with the values. */
  readonly column: string;
  /**
   * Condition for values in use: one SQL expression. The others keep their partitions and get no new ones.
   * @example "end_date > current_date"
   */
  readonly where?: string;
  /** Column of the same table with the value of the LIST level above that each value belongs to. @default every value belongs to each */
  readonly parent?: string;
  /**
   * Installs a trigger on that table that creates the branches of new values in the writing transaction, which then **holds the
   * lock of the partitioned table** until its end. Works for roles that may create partitions; for others, and if a lock is not
   * available, it warns and leaves the branch to the schedule. It never fails the writer, and uses at most half of its time-outs.
   * @default false
   */
  readonly trigger?: boolean;
}

/** A level that spreads rows evenly by the hash of a column, above or below the time level. Never changes. */
export interface HashLevelArgs {
  /** Column of a HASH level. @example "user_id" */
  readonly hash: string;
  /** Number of parts. Range 2-64. */
  readonly modulus: number;
  /** Template of the names of its parts: {table}, {base}, {remainder}. @default "{base}_h{remainder}" */
  readonly name?: string;
}

/** One segment of the grid. */
export interface SegmentArgs {
  /** First instant, ISO 8601. Left out in the first segment: no lower limit. */
  readonly from?: string;
  /** First instant after it. Left out: until the next segment begins. */
  readonly to?: string;
  /** Length of its partitions; `whole` is a single partition of odd size, with `from`, `to` and a literal `name`. */
  readonly every: Period | "whole";
  /** Template of its partitions' names, as for a level; for `whole` a literal, and required. @default that of the level */
  readonly name?: string;
}
