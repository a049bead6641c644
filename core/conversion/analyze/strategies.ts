import { formatBytes } from "../../size";
import { findSwitchObstacles } from "../switch/switch-problems";
import type { ConversionFacts } from "./facts";
import type { Finding, Strategy } from "./finding";
import { formatAge, formatCount } from "./load-rules";

/** What one way of converting the table would cost. All figures are estimates, unless the text says that they are exact. */
export interface StrategyReport {
  readonly strategy: Strategy;
  readonly summary: string;
  /** False: a blocker stands against it. */
  readonly fits: boolean;
  readonly rowsMoved: string;
  readonly disk: string;
  readonly wal: string;
  readonly lock: string;
  readonly writes: string;
  readonly duration: string;
}

/** The strategies, the one to choose, and why. */
interface Choice {
  readonly strategies: readonly StrategyReport[];
  /** Undefined: none fits before the blockers are gone. */
  readonly chosen: Strategy | undefined;
  readonly reason: string;
}

/** Times of one INSERT … SELECT and of an index build, as multiples of reading the table once; measured on PostgreSQL 18. */
const COPY_SCANS = 39;
const BUILD_SCANS = 6;

/** The same of a copy while the table is used: with its capture, the changes that are followed, and the comparison. */
const COPIED_SCANS = COPY_SCANS * 1.6;

export function chooseStrategy(facts: ConversionFacts, findings: readonly Finding[]): Choice {
  const blockers = findings.filter((one) => one.level === "blocker");
  const isFree = (strategy: Strategy) =>
    !blockers.some((one) => one.strategies === undefined || one.strategies.includes(strategy));
  const stays = findSwitchObstacles(facts.source, undefined).length === 0;
  const strategies = listReports(facts).map((one) => ({
    ...one,
    fits: isFree(one.strategy) && (one.strategy !== "copyThenSwitch" || stays),
  }));
  if (isFree("attach"))
    return {
      strategies,
      chosen: "attach",
      reason:
        "attach moves no row: the whole table becomes one partition behind a proved bound, in one short transaction.",
    };
  const topics = [...new Set(blockers.map((one) => one.about))].join(", ");
  return {
    strategies,
    chosen: undefined,
    reason: `nothing can be chosen before the blockers are gone: ${topics}.`,
  };
}

function listReports(facts: ConversionFacts): Omit<StrategyReport, "fits">[] {
  const { activity, key, table, source } = facts;
  const bytes = activity.heapBytes + activity.toastBytes;
  const whole = bytes + activity.indexBytes;
  const moved =
    activity.rows === undefined ? "all rows (number unknown)" : `about ${formatCount(activity.rows)} rows, all of them`;
  const primary = table.constraints.find((one) => one.kind === "primary");
  const widened = primary !== undefined && key !== undefined && !primary.columns.includes(key.column);
  const index = table.indexes.find((one) => one.constraint?.name === primary?.name);
  // A timestamp more in each entry of an index on one or two numbers.
  const added = widened ? (source.indexes.find((one) => one.name === index?.name)?.bytes ?? 0) * 1.4 : 0;
  const scans = 1 + (widened ? BUILD_SCANS : 0);
  const about = (count: number) =>
    key?.scanSeconds === undefined ? "not measured" : describeDuration(key.scanSeconds * count);
  const swap =
    "ACCESS EXCLUSIVE on the table for one short transaction, whatever its size; readers and writers wait for that instant";
  return [
    {
      strategy: "attach",
      summary: "the whole table becomes one partition; no row moves",
      rowsMoved: "none",
      disk: widened ? `about ${formatBytes(added)} more, for the wider unique index` : "nothing more",
      wal: widened ? `about ${formatBytes(added)}` : "next to nothing",
      lock: swap,
      writes: "rows at or after the end of the history are refused from the first phase until the swap; nothing else",
      duration: about(scans),
    },
    {
      strategy: "split",
      summary: "attach, and by a later update the history is copied into partitions, which take its place",
      rowsMoved: `${moved}, once, after the swap`,
      disk: `about ${formatBytes(whole + added)} more, until the former history is dropped (convertFrom.dropFormerAfter)`,
      wal: `about ${formatBytes(whole + added)} and the changes meanwhile`,
      lock: `${swap}; once more when the partitions take the place of the history, with all partitions`,
      writes: "as attach; while the history is copied a changed row of it costs a row more, as with copy",
      duration: about(scans + COPIED_SCANS),
    },
    {
      strategy: "copy",
      summary:
        "rows are copied to a new table beside the old one, changes follow by trigger, and a proved swap exchanges them",
      rowsMoved: moved,
      disk: `about ${formatBytes(whole)} more, until the former table is dropped (convertFrom.dropFormerAfter)`,
      wal: `about ${formatBytes(whole)} and the changes meanwhile`,
      lock: swap,
      writes: "each changed row costs a row more: transactions of one row take 1.07 to 1.25 times as long",
      duration: about(COPIED_SCANS),
    },
    {
      strategy: "copyThenSwitch",
      summary:
        "rows are copied to a table of another name, then both are kept equal, whichever is written to, and the application is pointed over; not with triggers, or foreign keys that point to the table",
      rowsMoved: moved,
      disk: `about ${formatBytes(whole)} more, until you drop the plain table`,
      wal: `about ${formatBytes(whole)}, and each change twice while both are kept equal`,
      lock: "SHARE ROW EXCLUSIVE for an instant, twice: writers wait, readers do not",
      writes: "each changed row costs a row more while it is copied; then a changed row is written on both sides",
      duration: about(COPIED_SCANS),
    },
    {
      strategy: "offline",
      summary: "one transaction while writers wait: INSERT … SELECT, comparison, swap",
      rowsMoved: moved,
      disk: `about ${formatBytes(whole)} more, until the former table is dropped (convertFrom.dropFormerAfter)`,
      wal: `about ${formatBytes(whole)}`,
      lock: "EXCLUSIVE for all of it: readers go on; ACCESS EXCLUSIVE for an instant at its end",
      writes: "wait for all of it",
      duration: about(COPY_SCANS),
    },
  ];
}

/** Tells how long writers wait for `offline`. */
export function describeOfflineDuration(scanSeconds: number | undefined): string {
  return scanSeconds === undefined ? "a time that was not measured" : describeDuration(scanSeconds * COPY_SCANS);
}

function describeDuration(seconds: number): string {
  return seconds < 1 ? "less than a second (from a sample)" : `about ${formatAge(seconds)} (from a sample)`;
}
