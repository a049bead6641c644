import type { Temporal } from "temporal-polyfill";
import type { Interval } from "../time/interval";
import type { Period } from "../time/period";
import { fitIdentifier } from "./identifier";

/**
 * Placeholders of a partition's name, filled from the first instant of its interval in the table's zone:
 * {table} {base} (the branch, or the table) {yyyy} {mm} {dd} {hh} {q} (quarter) {gggg} (ISO week year) {ww} (ISO week).
 */
const TIME_PLACEHOLDERS: Readonly<Record<string, (at: Temporal.ZonedDateTime) => string>> = {
  yyyy: (at) => formatYear(at.year),
  mm: (at) => pad(at.month, 2),
  dd: (at) => pad(at.day, 2),
  hh: (at) => pad(at.hour, 2),
  q: (at) => String(Math.ceil(at.month / 3)),
  gggg: (at) => formatYear(at.yearOfWeek ?? at.year),
  ww: (at) => pad(at.weekOfYear ?? 0, 2),
};

/** Default names: they sort by time and show their period. */
export const DEFAULT_PARTITION_NAMES: Readonly<Record<Period, string>> = {
  hour: "{table}_p{yyyy}_{mm}_{dd}_{hh}",
  day: "{table}_p{yyyy}_{mm}_{dd}",
  week: "{table}_p{gggg}_w{ww}",
  month: "{table}_p{yyyy}_{mm}",
  quarter: "{table}_p{yyyy}_q{q}",
  year: "{table}_p{yyyy}",
};

/** Sets of placeholders of which one must be complete, or two partitions of the period would share a name. */
const REQUIRED: Readonly<Record<Period | "whole", readonly (readonly string[])[]>> = {
  hour: [["yyyy", "mm", "dd", "hh"]],
  day: [["yyyy", "mm", "dd"]],
  week: [
    ["gggg", "ww"],
    ["yyyy", "mm", "dd"],
  ],
  month: [["yyyy", "mm"]],
  quarter: [
    ["yyyy", "q"],
    ["yyyy", "mm"],
  ],
  year: [["yyyy"]],
  whole: [[]],
};

/**
 * Returns the name of a partition.
 *
 * @example formatPartitionName("{table}_y{yyyy}m{mm}", "workflow_events", january2025, "UTC") // "workflow_events_y2025m01"
 */
export function formatPartitionName(
  template: string,
  table: string,
  interval: Interval,
  zone: string,
  base = table,
): string {
  const at = interval.from.toZonedDateTimeISO(zone);
  const own: Readonly<Record<string, string>> = { table, base };
  return fitIdentifier(fill(template, (placeholder) => own[placeholder] ?? TIME_PLACEHOLDERS[placeholder]?.(at)));
}

/**
 * Returns the name of a branch.
 *
 * @example formatBranchName("{base}_site_{value}", { base: "petri_obs_prog_abc123", value: "def456" }) //
 * "petri_obs_prog_abc123_site_def456"
 */
export function formatBranchName(template: string, values: Readonly<Record<string, string>>): string {
  return fitIdentifier(fill(template, (placeholder) => values[placeholder]));
}

/**
 * Returns the name of an index on one partition, or on the parent.
 *
 * @example formatIndexName("{partition}_run_ts_idx", { partition: "workflow_events_y2025m01" }) //
 * "workflow_events_y2025m01_run_ts_idx"
 */
export function formatIndexName(
  template: string,
  values: { table?: string; partition?: string; index?: string },
): string {
  return fitIdentifier(fill(template, (placeholder) => values[placeholder as keyof typeof values]));
}

/** Returns the problem of a partition name template for a period, or undefined. */
export function findTemplateProblem(template: string, period: Period | "whole"): string | undefined {
  const used = listPlaceholders(template);
  const unknown = used.filter((name) => name !== "table" && name !== "base" && !(name in TIME_PLACEHOLDERS));
  if (unknown.length > 0) {
    return `unknown placeholder {${unknown.join("}, {")}}; known are {table}, {base}, {${Object.keys(TIME_PLACEHOLDERS).join("}, {")}}`;
  }
  if (REQUIRED[period].some((set) => set.every((name) => used.includes(name)))) return undefined;
  const wanted = REQUIRED[period].map((set) => set.map((name) => `{${name}}`).join(" "));
  return `two ${period} partitions would share a name: the template needs ${wanted.join(" or ")}`;
}

/** Returns the placeholders of a template in order of appearance. */
export function listPlaceholders(template: string): string[] {
  return [...template.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? "");
}

/** Replaces placeholders by values; one without a value is left as it is. */
function fill(template: string, value: (placeholder: string) => string | undefined): string {
  return template.replace(/\{([^{}]*)\}/g, (whole, placeholder: string) => value(placeholder) ?? whole);
}

/** Formats a year. Years before 1 are counted as PostgreSQL prints them. */
function formatYear(year: number): string {
  return year > 0 ? pad(year, 4) : `${pad(1 - year, 4)}bc`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
