import type { Size } from "../size";
import type { Span } from "../time/span";

/** A short time with its unit, for statements. */
export type ShortTime = `${number} ${"ms" | "s"}`;

/** What to watch, and from when on somebody is told: what the component and the command line have in common. */
export interface MonitoringSettingsArgs {
  /**
   * The tables to watch, as `schema.table`; a dot inside a name is written %2E. @default every managed table
   * @example ["public.events"]
   */
  readonly tables?: readonly string[];
  /** Schema of the views that are read. @default "pgpartition" */
  readonly managementSchema?: string;
  /** How large a partition may be. */
  readonly sizes?: SizeThresholdArgs;
  /** When somebody is told. */
  readonly alerts?: AlertThresholdArgs;
  /**
   * One series for each partition, and not only for each table. Without it there are no alerts on sizes of partitions but the
   * one on the largest of a table; from some thousand partitions on Prometheus is better off. @default true
   */
  readonly partitionSeries?: boolean;
  /** Labels of every alert, for the routes of Alertmanager. @example { team: "platform" } */
  readonly labels?: Readonly<Record<string, string>>;
  /** Title of the dashboard. @default "Partitioned tables" */
  readonly title?: string;
}

/** Sizes by which a partition is judged: below `small` it is small, up to `warn` good, up to `alert` a warning. */
export interface SizeThresholdArgs {
  /** Below this a partition is small, which is no fault. @default "10 GB" */
  readonly small?: Size;
  /** Above this a warning is given. @default "100 GB" */
  readonly warn?: Size;
  /** Above this an alert is given. @default "200 GB" */
  readonly alert?: Size;
}

/** Limits of the alerts; months count 30 days and years 365. */
export interface AlertThresholdArgs {
  /** Less time than this until the first moment without a partition. It has to be less than `window.lead`. @default "7 days" */
  readonly runway?: Span;
  /** The same for single tables, such as those of hours. @example { "public.hits": "6 hours" } */
  readonly runwayOf?: Readonly<Record<string, Span>>;
  /** How long a partition may be due and not be made. @default "1 hour" */
  readonly creation?: Span;
  /** How long a job may not have run: longer than its schedule. @default "2 days" */
  readonly jobSilent?: Span;
  /** Rows in a default partition, from which on it is not empty any more. Range 1 and more. @default 1 */
  readonly defaultRows?: number;
  /** How many times the median the largest partition may be, once it is not small any more. @default 10 */
  readonly imbalance?: number;
  /** Mean time of a statement from which on it is slow. @default "1 s" */
  readonly slowQuery?: ShortTime;
}
