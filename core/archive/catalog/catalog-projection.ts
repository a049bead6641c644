import type { WindowSpec } from "../../declare/table/spec";
import { listIntervalsBetween } from "../../time/grid";
import { type Instant, pickLater } from "../../time/instant";
import { type Period, findPeriodStart } from "../../time/period";
import { formatStart } from "../../store/layout";

/** Java's pattern for the name of a folder, `20250101T000000Z`. */
const FORMAT = "yyyyMMdd'T'HHmmss'Z'";

const UNITS: Readonly<Record<Period, readonly [interval: number, unit: string]>> = {
  hour: [1, "HOURS"],
  day: [1, "DAYS"],
  week: [1, "WEEKS"],
  month: [1, "MONTHS"],
  quarter: [3, "MONTHS"],
  year: [1, "YEARS"],
};

/**
 * Returns the settings by which Athena computes the starts of all ranges, instead of asking the catalogue. A constant grid is a
 * permanent rule; any other, or one of another time zone, is a list of its starts until now, which each update renews.
 */
export function buildProjection(
  key: string,
  { grid, key: { zone } }: Pick<WindowSpec, "grid" | "key">,
  since: Instant,
  now: Instant,
): Record<string, string> {
  const [only, ...others] = grid;
  if (only && only.every !== "whole" && others.length === 0 && !only.from && !only.to && zone === "UTC") {
    const [interval, unit] = UNITS[only.every];
    return {
      [`projection.${key}.type`]: "date",
      [`projection.${key}.format`]: FORMAT,
      [`projection.${key}.range`]: `${formatStart({ from: findPeriodStart(since, only.every, zone) })},NOW`,
      [`projection.${key}.interval`]: String(interval),
      [`projection.${key}.interval.unit`]: unit,
    };
  }
  // The interval that contains `since` begins before it.
  const starts = [...listIntervalsBetween(grid, since, pickLater(since, now), zone)].map(formatStart);
  return { [`projection.${key}.type`]: "enum", [`projection.${key}.values`]: starts.join(",") };
}
