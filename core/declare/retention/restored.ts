import { z } from "zod";
import { formatInstant, type Instant, parseInstant } from "../../time/instant";
import { formatInterval, type OpenInterval, parseInterval } from "../../time/interval";
import { parseRange, RANGE_HINT } from "../../time/range-word";
import type { ArchiveArgs } from "../archive/archive-args";
import type { OnExpire } from "../option/on-expire";
import { type Around, defineOption } from "../option/option";
import { isReadable, nameShape as text, nameType } from "../option/shapes";
import { parseDeclaredTime, refuseUnquotedDate } from "../option/time-text";

/** An archived range that is to be part of the table again, as users write it: the range alone, or with an end. */
export type RestoredArgs = string | RestoredRangeArgs;

/** An archived range with the end of its restoration. */
export interface RestoredRangeArgs {
  /**
   * A year, month or day in the zone of the table, or both ends: `2024`, `2024-03`, `2024-03-01`, or as preview prints them. Each
   * archived partition that overlaps the range is restored as a whole.
   *
   * @example "2024-03"
   */
  readonly range: string;
  /**
   * Time from which it is retired again like every expired partition. ISO 8601.
   * @default never: until it is removed from the program
   */
  readonly until?: string;
}

/** @public */
export interface RestoredSpec {
  readonly range: OpenInterval;
  /** Undefined: until it is removed. */
  readonly until: Instant | undefined;
}

const range = { range: text, until: text.optional() };

/** Wire format, with times in UTC. */
const restoredWire = z.object(range);
type RestoredWire = z.infer<typeof restoredWire>;

export const restored = defineOption({
  shape: z.array(z.union([text, z.strictObject(range)])).optional(),
  wire: z
    .array(
      nameType(
        "Restored",
        restoredWire.refine((wire) => isReadable(() => decodeRestored(wire)), "not a range of time"),
      ),
    )
    .optional(),
  parse: parseRestored,
  toWire: (specs) => (specs.length > 0 ? specs.map(encodeRestored) : undefined),
  fromWire: (wire) => (wire ?? []).map(decodeRestored),
});

/** Reads declared ranges. A range that nothing could ever restore is a problem. */
function parseRestored(
  declared: readonly RestoredArgs[] | undefined,
  { args, table, problems }: Around<{ readonly onExpire: OnExpire; readonly archive?: ArchiveArgs }>,
): readonly RestoredSpec[] {
  if (declared === undefined || declared.length === 0) return [];
  if (args.onExpire !== "archive")
    problems.push({
      path: "restored",
      code: "invalid-value",
      message: `archived ranges are declared as restored, and onExpire: "${args.onExpire}" would not archive them again.`,
      fix: 'Set onExpire: "archive", or restore the archives as tables with `pgpartition restore`.',
    });
  if (table.levels.below.length > 0)
    problems.push({
      path: "restored",
      code: "invalid-value",
      message: "partitions that are cut further by HASH are not restored as partitions.",
      fix: "Restore their archives as tables with `pgpartition restore`.",
    });
  if (typeof args.archive?.to === "object")
    problems.push({
      path: "restored",
      code: "invalid-value",
      message: "the archive is a table, and rows of a table are no objects that could be restored.",
      fix: "Read them where they are, or copy them back by INSERT … SELECT.",
    });
  return declared.flatMap((entry, index) => {
    const path = `restored[${index}]`;
    const { range, until } = typeof entry === "string" ? { range: entry } : entry;
    const end = until === undefined ? undefined : parseDeclaredTime(`${path}.until`, until, table.zone, problems);
    try {
      return [{ range: parseRange(range, table.zone), until: end }];
    } catch {
      const where = typeof entry === "string" ? path : `${path}.range`;
      problems.push(
        refuseUnquotedDate(where, range) ?? {
          path: where,
          code: "invalid-time",
          message: `${JSON.stringify(range)} is not a range of time.`,
          fix: RANGE_HINT,
        },
      );
      return [];
    }
  });
}

function encodeRestored({ range, until }: RestoredSpec): RestoredWire {
  return { range: formatInterval(range), ...(until === undefined ? {} : { until: formatInstant(until) }) };
}

function decodeRestored({ range, until }: RestoredWire): RestoredSpec {
  return { range: parseInterval(range), until: until === undefined ? undefined : parseInstant(until, "UTC") };
}
