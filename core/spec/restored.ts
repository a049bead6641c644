import { z } from "zod";
import type { Problem } from "../problem";
import { formatInstant, parseInstant } from "../time/instant";
import { formatInterval, parseInterval } from "../time/interval";
import { parseRange, RANGE_HINT } from "../time/range-word";
import type { ArchiveArgs } from "../archive/archive-args";
import type { LevelsSpec } from "../levels/levels";
import type { RestoredArgs } from "./restored-args";
import type { OnExpire, RestoredSpec } from "./spec";
import { declaredTime, withoutQuotes } from "./time-text";

const text = z.string().min(1);

/** The shape that users write. */
export const restoredSchema = z.array(z.union([text, z.strictObject({ range: text, until: text.optional() })]));

/** The shape that travels, with times in UTC. */
const restoredWire = z.object({ range: text, until: text.optional() });
type RestoredWire = z.infer<typeof restoredWire>;
export const restoredWireSchema = z.array(restoredWire.refine(isReadable, "not a range of time"));

/** Reads declared ranges. One that nothing could ever bring back is a problem. */
export function parseRestored(
  declared: readonly RestoredArgs[] | undefined,
  table: {
    readonly zone: string;
    readonly onExpire: OnExpire;
    readonly levels: LevelsSpec;
    readonly archive: ArchiveArgs | undefined;
  },
  problems: Problem[],
): RestoredSpec[] {
  if (declared === undefined || declared.length === 0) return [];
  if (table.onExpire !== "archive")
    problems.push({
      path: "restored",
      code: "invalid-value",
      message: `archived ranges are to come back, and onExpire: "${table.onExpire}" would not archive them again.`,
      fix: 'Set onExpire: "archive", or make tables of the archives with `pgpartition restore`.',
    });
  if (table.levels.below.length > 0)
    problems.push({
      path: "restored",
      code: "invalid-value",
      message: "partitions that are cut further by HASH are not restored as partitions.",
      fix: "Make tables of their archives with `pgpartition restore`.",
    });
  if (typeof table.archive?.to === "object")
    problems.push({
      path: "restored",
      code: "invalid-value",
      message: "the archive is a table, and rows of a table are no objects that could be restored.",
      fix: "Read them where they are, or bring them back by INSERT … SELECT.",
    });
  return declared.flatMap((entry, index) => {
    const path = `restored[${index}]`;
    const { range, until } = typeof entry === "string" ? { range: entry } : entry;
    const end = until === undefined ? undefined : declaredTime(`${path}.until`, until, table.zone, problems);
    try {
      return [{ range: parseRange(range, table.zone), until: end }];
    } catch {
      const where = typeof entry === "string" ? path : `${path}.range`;
      problems.push(
        withoutQuotes(where, range) ?? {
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

export function restoredToWire({ range, until }: RestoredSpec): RestoredWire {
  return { range: formatInterval(range), ...(until === undefined ? {} : { until: formatInstant(until) }) };
}

export function restoredFromWire({ range, until }: RestoredWire): RestoredSpec {
  return { range: parseInterval(range), until: until === undefined ? undefined : parseInstant(until, "UTC") };
}

function isReadable(wire: RestoredWire): boolean {
  try {
    restoredFromWire(wire);
    return true;
  } catch {
    return false;
  }
}
