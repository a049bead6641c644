import { z } from "zod";
import type { Problem } from "../../problems/problem";
import { compareInstants, formatInstant, type Instant, parseInstant } from "../../time/instant";
import type { OpenInterval } from "../../time/interval";
import { type Around, defineOption } from "../option/option";
import { isReadable, nameShape as text, nameType } from "../option/shapes";
import { parseDeclaredTime } from "../option/time-text";

/** A range of time that must not be touched, as users write it. */
export interface HoldArgs {
  /** First moment of the range, ISO 8601; a date is read in the zone of the table. @example "2024-01-01" */
  readonly from: string;
  /** First moment after it. @example "2024-07-01" */
  readonly to: string;
  /** Reason for the hold, shown in preview and recorded in the registry. @example "case 2024-118" */
  readonly reason: string;
  /** Time at which the hold ends by itself. @default never: until it is removed, which is a cut like any other */
  readonly until?: string;
}

export interface HoldSpec {
  readonly range: OpenInterval;
  readonly reason: string;
  /** End of the hold; undefined: when it is removed. */
  readonly until: Instant | undefined;
}

const hold = { from: text, to: text, reason: text, until: text.optional() };

/** Wire format, with times in UTC. */
const holdWire = z.object(hold);
type HoldWire = z.infer<typeof holdWire>;

export const holds = defineOption({
  shape: z.array(z.strictObject(hold)).optional(),
  wire: z
    .array(
      nameType(
        "Hold",
        holdWire.refine((wire) => isReadable(() => decodeHold(wire)), "not a range of time"),
      ),
    )
    .optional(),
  parse: (declared: readonly HoldArgs[] | undefined, { table, problems }: Around<unknown>) =>
    parseHolds(declared ?? [], table.zone, problems),
  toWire: (specs) => (specs.length > 0 ? specs.map(encodeHold) : undefined),
  fromWire: (wire) => (wire ?? []).map(decodeHold),
});

/** Reads declared holds; an invalid range is a problem, because it would protect nothing. */
function parseHolds(declared: readonly HoldArgs[], zone: string, problems: Problem[]): readonly HoldSpec[] {
  return declared.flatMap((hold, index) => {
    const path = `holds[${index}]`;
    const from = parseDeclaredTime(`${path}.from`, hold.from, zone, problems);
    const to = parseDeclaredTime(`${path}.to`, hold.to, zone, problems);
    const until = hold.until === undefined ? undefined : parseDeclaredTime(`${path}.until`, hold.until, zone, problems);
    if (!from || !to) return [];
    if (compareInstants(from, to) >= 0) {
      problems.push({
        path,
        code: "invalid-time",
        message: `the hold ends ${formatInstant(to)}, which is not after its begin ${formatInstant(from)}: it would hold nothing.`,
        fix: "`from` belongs to the range, `to` does not.",
      });
      return [];
    }
    return [{ range: { from, to }, reason: hold.reason, until }];
  });
}

function encodeHold({ range, reason, until }: HoldSpec): HoldWire {
  return {
    from: range.from ? formatInstant(range.from) : "..",
    to: range.to ? formatInstant(range.to) : "..",
    reason,
    ...(until === undefined ? {} : { until: formatInstant(until) }),
  };
}

function decodeHold({ from, to, reason, until }: HoldWire): HoldSpec {
  return {
    range: { from: parseEnd(from), to: parseEnd(to) },
    reason,
    until: until === undefined ? undefined : parseInstant(until, "UTC"),
  };
}

function parseEnd(text: string): Instant | undefined {
  return text === ".." ? undefined : parseInstant(text, "UTC");
}
