/**
 * A schedule that creates upcoming partitions inside the database while `pulumi up` does not run. It executes what the last
 * update prepared, and never retires anything.
 */
export interface ScheduleArgs {
  /** Times, as five fields of cron: minute, hour, day of the month, month, weekday. @example "0 2 * * *" */
  readonly cron: string;
  /** Name of the job in pg_cron, of the crontab's user or of the timer. @default "pgpartition_{schema}_{table}" */
  readonly job?: string;
  /** Time zone of `cron`. pg_cron uses its setting `cron.timezone`, else GMT: preview reports a difference. @default "UTC" */
  readonly zone?: string;
  /** Role that the job runs as; another one than the connected role needs a superuser. @default the connected role */
  readonly user?: string;
  /** Database that the job runs in; it must be the connected one, which has the functions. @default the connected one */
  readonly database?: string;
  /** False to suspend the job. @default true */
  readonly active?: boolean;
}

/** The reason for having no schedule, for policies. */
export interface NoScheduleArgs {
  /** Reason why the database creates no partitions by itself. @example "pulumi up runs every hour" */
  readonly none: string;
}

/**
 * Names under which callers already use functions and views of the table. Each is created as a thin wrapper; a name that another
 * object already has is refused.
 */
export interface FunctionNamesArgs {
  /** Schema of all of them; it must exist. @default that of the table */
  readonly schema?: string;
  /** Function of a date, a timestamp or a timestamptz: creates the partition for that time. @example "create_events_partition" */
  readonly ensure?: string;
  /** Function without arguments: creates all partitions that the window requires. @example "maintain_events_partitions" */
  readonly window?: string;
  /** Function without arguments: creates the branches of new values. @example "precreate_program_partitions" */
  readonly values?: string;
  /** Function without arguments: returns expired partitions that still exist. */
  readonly expired?: string;
  /** View of the partitions with bounds, estimated rows, tuples, sizes, indexes and last analyze. @example "events_partition_info" */
  readonly info?: string;
  /** Function without arguments: returns the partitions with **all their rows counted**. @example "get_events_partition_stats" */
  readonly stats?: string;
  /** Function without arguments: returns the partitions with sizes and estimated rows. @example "get_partition_sizes" */
  readonly sizes?: string;
  /** Function without arguments: gathers the statistics of the table as a whole. */
  readonly analyze?: string;
  /** View of one row: the time until which the table has partitions for new rows. */
  readonly runway?: string;
}
