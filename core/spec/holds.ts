import { z } from "zod";
import type { Problem } from "../problem";
import { compareInstants, formatInstant, type Instant, parseInstant } from "../time/instant";
import type { HoldArgs } from "./hold-args";
import type { HoldSpec } from "./spec";
import { declaredTime } from "./time-text";

const time = z.string().min(1);

/** The shape that users write. */
export const holdsSchema = z.array(z.strictObject({ from: time, to: time, reason: time, until: time.optional() }));

/** The shape that travels, with times in UTC. */
const holdWire = z.object({ from: time, to: time, reason: time, until: time.optional() });
type HoldWire = z.infer<typeof holdWire>;
export const holdsWireSchema = z.array(holdWire.refine(isReadable, "not a range of time"));

/** Reads declared holds; a range that is none is a problem, because it would keep nothing. */
export function parseHolds(declared: readonly HoldArgs[], zone: string, problems: Problem[]): HoldSpec[] {
  return declared.flatMap((hold, index) => {
    const path = `holds[${index}]`;
    const from = declaredTime(`${path}.from`, hold.from, zone, problems);
    const to = declaredTime(`${path}.to`, hold.to, zone, problems);
    const until = hold.until === undefined ? undefined : declaredTime(`${path}.until`, hold.until, zone, problems);
    if (!from || !to) return [];
    if (compareInstants(from, to) >= 0) {
      problems.push({
        path,
        code: "invalid-time",
        message: `the hold ends ${formatInstant(to)}, which is not after its begin ${formatInstant(from)}: it would keep nothing.`,
        fix: "`from` belongs to the range, `to` does not.",
      });
      return [];
    }
    return [{ range: { from, to }, reason: hold.reason, until }];
  });
}

export function holdToWire({ range, reason, until }: HoldSpec): HoldWire {
  return {
    from: range.from ? formatInstant(range.from) : "..",
    to: range.to ? formatInstant(range.to) : "..",
    reason,
    ...(until === undefined ? {} : { until: formatInstant(until) }),
  };
}

export function holdFromWire({ from, to, reason, until }: HoldWire): HoldSpec {
  return {
    range: { from: end(from), to: end(to) },
    reason,
    until: until === undefined ? undefined : parseInstant(until, "UTC"),
  };
}

function isReadable(hold: HoldWire): boolean {
  try {
    holdFromWire(hold);
    return true;
  } catch {
    return false;
  }
}

function end(text: string): Instant | undefined {
  return text === ".." ? undefined : parseInstant(text, "UTC");
}
