import { z } from "zod";
import type { ArchiveArgs } from "../archive/archive-args";
import { archive } from "../archive/archive-spec";
import { DEFAULT_GRACE, DEFAULT_MAX_DROPS_PER_UPDATE } from "../../defaults";
import type { Problem } from "../../problems/problem";
import { formatInterval, type OpenInterval, parseInterval } from "../../time/interval";
import { type ParsedSpan, requireSpan, type Span, formatSpan } from "../../time/span";
import { type BackupArgs, requireBackupSince } from "./backup";
import { type HoldArgs, holds } from "./holds";
import { ON_EXPIRE } from "../option/on-expire";
import { type Around, defineAsWritten, defineOption, type OptionsOf } from "../option/option";
import { restored, type RestoredArgs } from "./restored";
import { allowRetireBetween, type RetireHoursArgs, WEEKDAYS } from "./retire-hours";
import { intervalWire, nameShape, createSpanShape, spanWire, nameType } from "../option/shapes";
import { parseDeclaredSpan } from "../option/time-text";

/** Treatment of expired partitions, and safeguards against their loss. */
export interface RetirementOptions {
  /**
   * Treatment of a partition that has expired. `detach`: it leaves the table and remains as a separate table. `archive`: it is
   * detached, closed to writers, exported to `archive.to`, and dropped only after the archive is proved. `drop`: it is detached
   * and, after `grace`, dropped: **the data is gone**. No default: no data is lost by omission.
   */
  readonly onExpire: "archive" | "detach" | "drop";
  /**
   * Time between detach and drop, by the database's clock; with `onExpire: "archive"`, between the proof of the archive and the
   * drop. @default "7 days"; "none" with onExpire "archive"
   */
  readonly grace?: Span | "none";
  /**
   * Destination and settings of the archive. Required with `onExpire: "archive"`, and allowed only then.
   * @example { to: "s3://bucket/postgres" }
   */
  readonly archive?: ArchiveArgs;
  /**
   * Protected ranges of time: a partition that overlaps one is neither detached nor dropped, regardless of the window. Removing
   * one is a cut, which `maxDropsPerUpdate` limits.
   * @example [{ from: "2024-01-01", to: "2024-07-01", reason: "case 2024-118" }]
   */
  readonly holds?: readonly HoldArgs[];
  /**
   * Approval of a shorter retention, for the policy that requires one; recorded in the ledger with each archive.
   * @example "CHG-1042"
   */
  readonly approvedBy?: string;
  /** Intervals that one update may retire before a confirmation is needed. Range 1-1000. @default 3 */
  readonly maxDropsPerUpdate?: number;
  /**
   * Confirmed retirements by their bounds, exactly as preview printed them; an open end is written `..`. Confirms these and
   * nothing else: **their data leaves the table** in the next update, or as soon as they have expired. A partition without a
   * beginning, a segment of odd size and one that spans more than `maxDropsPerUpdate` intervals are retired only if listed here.
   *
   * @example ["2025-01-01T00:00:00Z/2025-02-01T00:00:00Z", "../2019-01-01T00:00:00Z"]
   */
  readonly confirmDrops?: readonly string[];
  /** Ranges that were dropped or archived before and may be created again empty, by their bounds as the error printed them. */
  readonly allowEmpty?: readonly string[];
  /**
   * Archived ranges that are to be partitions of the table again, with their rows. Outside of the window they are read-only until
   * the entry is removed or its `until` has passed; then they are archived again and leave. Inside a window that has grown they
   * are ordinary partitions. Costs: the objects are read once, and each partition is loaded in one transaction.
   *
   * @example ["2024-03", { range: "2024-05", until: "2027-01-01" }]
   */
  readonly restored?: readonly RestoredArgs[];
  /**
   * Hours of the day, by the database's clock, outside of which nothing is detached, archived or dropped; partitions are created
   * at any time. Pending retirements wait for an update in these hours. @default at any time
   * @example { from: "22:00", to: "05:00", zone: "Europe/Berlin" }
   */
  readonly allowRetireBetween?: RetireHoursArgs;
  /**
   * Days of the week on which partitions may be detached, archived or dropped; they are created on any day. Days are those of the
   * zone of `allowRetireBetween`, else of the table; hours over midnight belong to the day on which they begin.
   *
   * @default on any day
   * @example ["saturday", "sunday"]
   */
  readonly allowRetireOn?: readonly (
    "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday"
  )[];
  /**
   * Drops nothing before a backup that began after the partition was detached, so that its last rows are in it. Your query
   * returns the time of that backup. The drop then follows in a later update, never in that of the detach.
   *
   * With `convertFrom` also the swap waits for a backup, one that began at most `within` ago: the update prepares or copies, and then
   * fails with the reason until one exists. So does the way back of `attach`, which drops partitions; that of `copy` drops nothing,
   * and does not wait.
   *
   * @default no backup is asked for
   * @example { query: "SELECT max(started_at) FROM ops.backups WHERE succeeded", within: "24 hours" }
   */
  readonly requireBackupSince?: BackupArgs;
  /** Stops every retirement, never the creation of partitions. @default false */
  readonly paused?: boolean;
}

export const RETIREMENT = {
  onExpire: defineAsWritten(nameType("OnExpire", z.enum(ON_EXPIRE))),
  archive,
  holds,
  approvedBy: defineAsWritten(nameShape.optional()),
  grace: defineOption({
    shape: createSpanShape("7 days", "none").optional(),
    wire: spanWire.optional(),
    parse: parseGrace,
    toWire: (grace) => grace && formatSpan(grace),
    fromWire: (wire) => (wire === undefined ? undefined : requireSpan(wire)),
  }),
  maxDropsPerUpdate: defineOption({
    shape: z.int().min(1).max(1000).optional(),
    wire: z.number().int().min(1),
    parse: (declared: number | undefined) => declared ?? DEFAULT_MAX_DROPS_PER_UPDATE,
    toWire: (count) => count,
    fromWire: (count) => count,
  }),
  confirmDrops: defineBounds("confirmDrops"),
  allowEmpty: defineBounds("allowEmpty"),
  restored,
  allowRetireBetween,
  allowRetireOn: defineAsWritten(
    z
      .array(nameType("Weekday", z.enum(WEEKDAYS)))
      .min(1)
      .optional(),
  ),
  requireBackupSince,
  paused: defineOption({
    shape: z.boolean().optional(),
    wire: z.boolean().optional(),
    parse: (declared: boolean | undefined) => declared ?? false,
    toWire: (paused) => paused || undefined,
    fromWire: (wire) => wire ?? false,
  }),
} satisfies OptionsOf<RetirementOptions>;

/** Reads the grace. Undefined: none, the drop follows the detach at once. */
function parseGrace(
  declared: RetirementOptions["grace"],
  { args: { onExpire }, problems }: Around<Pick<RetirementOptions, "onExpire">>,
): ParsedSpan | undefined {
  if (onExpire === "detach") {
    if (declared !== undefined) {
      problems.push({
        path: "grace",
        code: "invalid-value",
        message: 'grace is the time between detach and drop, and onExpire: "detach" never drops.',
        fix: 'Remove it, or set onExpire: "archive" or "drop".',
      });
    }
    return undefined;
  }
  // Archived and proved data is not gone.
  const grace = declared ?? (onExpire === "archive" ? "none" : DEFAULT_GRACE);
  return grace === "none" ? undefined : parseDeclaredSpan("grace", grace, problems);
}

/** Creates an option for bounds of partitions, as preview prints them. */
function defineBounds(name: string) {
  return defineOption({
    shape: z.array(z.string()).optional(),
    wire: z.array(intervalWire).optional(),
    parse: (declared: readonly string[] | undefined, { problems }: Around<unknown>) =>
      parseBounds(name, declared ?? [], problems),
    toWire: (intervals) => (intervals.length > 0 ? intervals.map(formatInterval) : undefined),
    fromWire: (wire) => (wire ?? []).map(parseInterval),
  });
}

function parseBounds(name: string, texts: readonly string[], problems: Problem[]): readonly OpenInterval[] {
  return texts.flatMap((text, index) => {
    try {
      return [parseInterval(text)];
    } catch {
      problems.push({
        path: `${name}[${index}]`,
        code: "invalid-time",
        message: `${JSON.stringify(text)} is not a range of time.`,
        fix: 'Copy it from preview: "2025-01-01T00:00:00Z/2025-02-01T00:00:00Z".',
      });
      return [];
    }
  });
}
