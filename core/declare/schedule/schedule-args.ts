/**
 * A schedule that makes the coming partitions inside the database, for the time in which nobody runs `pulumi up`. It runs what
 * the last update prepared, and never retires anything.
 */
export interface ScheduleArgs {
  /** When, as five fields of cron: minute, hour, day of the month, month, weekday. @example "0 2 * * *" */
  readonly cron: string;
  /** Name of the job in pg_cron, of the crontab's user or of the timer. @default "pgpartition_{schema}_{table}" */
  readonly job?: string;
  /**
   * Time zone of `cron`. pg_cron reads it by its setting `cron.timezone`, else by GMT: preview says so where that is another
   * one. @default "UTC"
   */
  readonly zone?: string;
  /** Role that the job runs as; another one than the connected role needs a superuser. @default the connected role */
  readonly user?: string;
  /** Database that the job runs in; it has to be the connected one, because the functions are there. @default the connected one */
  readonly database?: string;
  /** Whether the job runs. @default true */
  readonly active?: boolean;
}

/** Instead of a schedule: the reason why there is none, for policies. */
export interface NoScheduleArgs {
  /** Why the database makes no partition by itself. @example "pulumi up runs every hour" */
  readonly none: string;
}

/**
 * Names under which callers already use functions and views of the table. Each is made as a thin one over ours; one of that
 * name that is not ours is refused.
 */
export interface FunctionNamesArgs {
  /** Schema of them all; it must exist. @default that of the table */
  readonly schema?: string;
  /** Function of a date, a timestamp or a timestamptz: makes the partition of that time. @example "create_events_partition" */
  readonly ensure?: string;
  /** Function without arguments: makes whatever the window wants. @example "maintain_events_partitions" */
  readonly window?: string;
  /** Function without arguments: makes the branches of values that have appeared. @example "precreate_program_partitions" */
  readonly values?: string;
  /** Function without arguments: what has expired and is still there. */
  readonly expired?: string;
  /** View of the partitions with bounds, estimated rows, tuples, sizes, indexes and last analyze. @example "events_partition_info" */
  readonly info?: string;
  /** Function without arguments: the partitions with **all their rows counted**. @example "get_events_partition_stats" */
  readonly stats?: string;
  /** Function without arguments: the partitions with sizes and estimated rows. @example "get_partition_sizes" */
  readonly sizes?: string;
  /** Function without arguments: gathers the statistics of the table as a whole. */
  readonly analyze?: string;
  /** View of one row: until when the table takes rows. */
  readonly runway?: string;
}
