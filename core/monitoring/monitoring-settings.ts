import { parseSize, SIZE_HINT } from "../size";
import {
  DEFAULT_ALERT_SIZE,
  DEFAULT_CREATION_PATIENCE,
  DEFAULT_DASHBOARD_TITLE,
  DEFAULT_IMBALANCE,
  DEFAULT_JOB_SILENCE,
  DEFAULT_MANAGEMENT_SCHEMA,
  DEFAULT_ROWS_IN_DEFAULT,
  DEFAULT_RUNWAY_ALERT,
  DEFAULT_SLOW_QUERY,
  DEFAULT_SMALL_SIZE,
  DEFAULT_WARN_SIZE,
} from "../defaults";
import { parseTableId, type TableId } from "../names/resource-id";
import { type Report, requireValid } from "../problems/problem";
import { parseSpan, type SpanUnit } from "../time/span";
import type { AlertThresholdArgs, MonitoringSettingsArgs, SizeThresholdArgs } from "./monitoring-args";
import { reportThresholds, type SizeThresholds } from "./thresholds";

/** Input of the files: all values set, in bytes and seconds. */
export interface MonitoringSettings {
  /** Undefined: all. */
  readonly tables: readonly TableId[] | undefined;
  readonly managementSchema: string;
  readonly smallBytes: number;
  readonly warnBytes: number;
  readonly alertBytes: number;
  readonly runwaySeconds: number;
  readonly runwayOf: readonly { readonly table: TableId; readonly seconds: number }[];
  readonly creationSeconds: number;
  readonly jobSilentSeconds: number;
  readonly defaultRows: number;
  readonly imbalance: number;
  readonly slowQueryMs: number;
  readonly partitionSeries: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly title: string;
}

/** Reads the arguments; throws with every problem at once. */
export function requireMonitoringSettings(args: MonitoringSettingsArgs, subject: string): MonitoringSettings {
  return requireValid(subject, (report) => parseSettings(args, report));
}

function parseSettings(args: MonitoringSettingsArgs, report: Report): MonitoringSettings {
  return {
    tables: args.tables?.flatMap((name, index) => parseTable(name, `tables[${index}]`, report)),
    managementSchema: args.managementSchema ?? DEFAULT_MANAGEMENT_SCHEMA,
    ...parseSizes(args.sizes ?? {}, report),
    ...parseAlerts(args.alerts ?? {}, report),
    partitionSeries: args.partitionSeries ?? true,
    labels: parseLabels(args.labels ?? {}, report),
    title: args.title ?? DEFAULT_DASHBOARD_TITLE,
  };
}

/** Reads declared sizes; throws with every problem at once. */
export function requireSizeThresholds(args: SizeThresholdArgs, subject: string): SizeThresholds {
  return requireValid(subject, (report) => parseSizes(args, report));
}

/** Returns the declared sizes in bytes, with defaults. */
function parseSizes(sizes: SizeThresholdArgs, report: Report): SizeThresholds {
  const thresholds = {
    smallBytes: parseBytes(sizes.small ?? DEFAULT_SMALL_SIZE, "sizes.small", report),
    warnBytes: parseBytes(sizes.warn ?? DEFAULT_WARN_SIZE, "sizes.warn", report),
    alertBytes: parseBytes(sizes.alert ?? DEFAULT_ALERT_SIZE, "sizes.alert", report),
  };
  // A size that could not be read is reported already, and is compared with nothing.
  reportThresholds(thresholds, report);
  return thresholds;
}

function parseAlerts(alerts: AlertThresholdArgs, report: Report) {
  const runwayOf = Object.entries(alerts.runwayOf ?? {}).flatMap(([name, span]) => {
    const path = `alerts.runwayOf[${JSON.stringify(name)}]`;
    return parseTable(name, path, report).map((table) => ({ table, seconds: parseSeconds(span, path, report) }));
  });
  return {
    runwaySeconds: parseSeconds(alerts.runway ?? DEFAULT_RUNWAY_ALERT, "alerts.runway", report),
    runwayOf,
    creationSeconds: parseSeconds(alerts.creation ?? DEFAULT_CREATION_PATIENCE, "alerts.creation", report),
    jobSilentSeconds: parseSeconds(alerts.jobSilent ?? DEFAULT_JOB_SILENCE, "alerts.jobSilent", report),
    defaultRows: checkNumber(alerts.defaultRows ?? DEFAULT_ROWS_IN_DEFAULT, 1, "alerts.defaultRows", report),
    imbalance: checkNumber(alerts.imbalance ?? DEFAULT_IMBALANCE, 1, "alerts.imbalance", report),
    slowQueryMs: parseMilliseconds(alerts.slowQuery ?? DEFAULT_SLOW_QUERY, "alerts.slowQuery", report),
  };
}

function parseTable(name: string, path: string, report: Report): TableId[] {
  const table = parseTableId(name);
  if (table) return [table];
  report(path, `"${name}" is not a table.`, "Write schema.table.");
  return [];
}

function parseBytes(text: string, path: string, report: Report): number {
  const bytes = parseSize(text);
  if (bytes !== undefined) return bytes;
  report(path, `"${text}" is not a size.`, SIZE_HINT);
  return Number.NaN;
}

const UNIT_SECONDS: Readonly<Record<SpanUnit, number>> = {
  hour: 3_600,
  day: 86_400,
  week: 604_800,
  month: 30 * 86_400,
  quarter: 90 * 86_400,
  year: 365 * 86_400,
};

function parseSeconds(text: string, path: string, report: Report): number {
  const span = parseSpan(text);
  if (span) return span.count * UNIT_SECONDS[span.unit];
  report(path, `"${text}" is not a span.`, 'Write a whole number and a unit, such as "7 days".');
  return Number.NaN;
}

function parseMilliseconds(text: string, path: string, report: Report): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?) *(ms|s)$/.exec(text.trim());
  const value = match ? Number(match[1]) * (match[2] === "s" ? 1_000 : 1) : 0;
  if (value > 0) return value;
  report(path, `"${text}" is not a time.`, 'Write a number above 0 and ms or s, such as "500 ms".');
  return Number.NaN;
}

function checkNumber(value: number, least: number, path: string, report: Report): number {
  if (!Number.isFinite(value) || value < least) report(path, `${value} is too little.`, `Give ${least} or more.`);
  return value;
}

function parseLabels(labels: Readonly<Record<string, string>>, report: Report): Readonly<Record<string, string>> {
  for (const name of Object.keys(labels)) {
    const path = `labels[${JSON.stringify(name)}]`;
    if (!/^[A-Za-z_]\w*$/.test(name) || name.startsWith("__"))
      report(
        path,
        `"${name}" is not the name of a label.`,
        "Use letters, digits and underscores; do not begin with __.",
      );
    if (name === "severity") report(path, "severity is given by the rule.", "Use another name.");
  }
  return labels;
}
