import type { Size } from "../size";
import type { Span } from "../time/span";

/** A short time with its unit, for statements. */
export type ShortTime = `${number} ${"ms" | "s"}`;

/** Settings of monitoring that the component and the command line share: tables to watch, and limits of alerts. */
export interface MonitoringSettingsArgs {
  /**
   * The tables to watch, as `schema.table`; a dot inside a name is written %2E. @default every managed table
   * @example ["public.events"]
   */
  readonly tables?: readonly string[];
  /** Schema of the views that the queries read. @default "pgpartition" */
  readonly managementSchema?: string;
  /** Size limits of a partition. */
  readonly sizes?: SizeThresholdArgs;
  /** Limits of the alerts. */
  readonly alerts?: AlertThresholdArgs;
  /**
   * One series for each partition, and not only for each table. Without it the only alert on partition sizes is the one on the
   * largest of a table. Turn it off to relieve Prometheus from some thousand partitions on. @default true
   */
  readonly partitionSeries?: boolean;
  /** Labels of every alert, for the routes of Alertmanager. @example { team: "platform" } */
  readonly labels?: Readonly<Record<string, string>>;
  /** Title of the dashboard. @default "Partitioned tables" */
  readonly title?: string;
}

/** Sizes by which a partition is classified: below `small` it is small, up to `warn` good, up to `alert` a warning. */
export interface SizeThresholdArgs {
  /** Size below which a partition is small, which is not a fault. @default "10 GB" */
  readonly small?: Size;
  /** Size above which a warning is sent. @default "100 GB" */
  readonly warn?: Size;
  /** Size above which an alert is sent. @default "200 GB" */
  readonly alert?: Size;
}

/** Limits at which alerts are sent. Months count as 30 days and years as 365. */
export interface AlertThresholdArgs {
  /**
   * Time until the first moment without a partition, below which an alert is sent. It has to be less than `window.lead`.
   * @default "7 days"
   */
  readonly runway?: Span;
  /** The same for single tables, such as those with hourly partitions. @example { "public.hits": "6 hours" } */
  readonly runwayOf?: Readonly<Record<string, Span>>;
  /** Time that a partition may be due without being created. @default "1 hour" */
  readonly creation?: Span;
  /** Time that a job may not have run: longer than its schedule. @default "2 days" */
  readonly jobSilent?: Span;
  /** Number of rows from which on a default partition counts as not empty. Range 1 and more. @default 1 */
  readonly defaultRows?: number;
  /** Ratio of the largest partition to the median above which an alert is sent, unless the largest is small. @default 10 */
  readonly imbalance?: number;
  /** Mean time from which on a statement is slow. @default "1 s" */
  readonly slowQuery?: ShortTime;
}
