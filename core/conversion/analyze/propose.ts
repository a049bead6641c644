import { DEFAULT_PERIOD } from "../../defaults";
import { compareInstants, type Instant, pickLater } from "../../time/instant";
import { findPeriodEnd, type Period } from "../../time/period";
import type { KeyRows } from "./facts";

/** Rows and bytes beyond which a partition is slow to build indexes on, to vacuum, and to archive. */
const MOST_ROWS = 50_000_000;
const MOST_BYTES = 50 * 1024 ** 3;

const LENGTHS: readonly (readonly [Period, number])[] = [
  ["month", 30 * 86_400],
  ["week", 7 * 86_400],
  ["day", 86_400],
];

/** Proposes the length of an interval: a month, or less where a month has too many rows. */
export function proposePeriod(
  rows: Pick<KeyRows, "minTime" | "maxTime"> | undefined,
  size: { readonly rows: number | undefined; readonly bytes: number },
): Period {
  if (!rows?.minTime || !rows.maxTime || size.rows === undefined) return DEFAULT_PERIOD;
  const seconds = Math.max(1, (rows.maxTime.epochMilliseconds - rows.minTime.epochMilliseconds) / 1000);
  const fits = ([, length]: (typeof LENGTHS)[number]) => {
    const share = Math.min(1, length / seconds);
    return (size.rows ?? 0) * share <= MOST_ROWS && size.bytes * share <= MOST_BYTES;
  };
  return (LENGTHS.find(fits) ?? (["day"] as const))[0];
}

/** How often the table can be read before writers reach the end of the history. */
const SCANS_AHEAD = 10;

/**
 * Proposes the end of the history: a bound of the grid at least one whole interval ahead, after every row, and ten readings of
 * the table after that, so that the conversion is over long before a writer reaches it.
 */
export function proposeHistoryEnd(
  {
    now,
    last,
    scanSeconds,
  }: { readonly now: Instant; readonly last: Instant | undefined; readonly scanSeconds: number | undefined },
  every: Period,
  zone: string,
): Instant {
  const next = findPeriodEnd(findPeriodEnd(now, every, zone), every, zone);
  const base = last && compareInstants(last, now) > 0 ? last : now;
  const ready = base.add({ seconds: Math.ceil((scanSeconds ?? 0) * SCANS_AHEAD) });
  return pickLater(next, findPeriodEnd(ready, every, zone));
}
