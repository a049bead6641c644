import { z } from "zod";
import { DEFAULT_PERIOD } from "../../defaults";
import { checkTemplateText } from "../../names/name-problems";
import { DEFAULT_PARTITION_NAMES, findTemplateProblem } from "../../names/template";
import type { Problem } from "../../problems/problem";
import type { GridSegment } from "../../time/grid";
import { compareInstants, formatInstant, type Instant, parseInstant } from "../../time/instant";
import { KEY_ENCODINGS, type KeyEncoding } from "../../time/key";
import { hasRegularHours, type Period, PERIODS } from "../../time/period";
import {
  type Around,
  defineOption,
  type OptionsOf,
  decodeOptions,
  encodeOptions,
  parseOptions,
  sentAs,
  collectShapes,
  collectWires,
} from "../option/option";
import { omitUndefined } from "../option/item";
import { instantWire, nameShape as name, nameType } from "../option/shapes";
import { parseDeclaredTime } from "../option/time-text";

/** The level that partitions a table by time. Every table has exactly one. */
export interface RangeLevelArgs {
  /** Key column of a RANGE level. @example "created_at" */
  readonly range: string;
  /** Length of a partition. @default "month" */
  readonly every?: Period;
  /**
   * Instead of `every`: segments of the time axis with different lengths, oldest first, each beginning where the previous one
   * ends.
   */
  readonly grid?: readonly SegmentArgs[];
  /** Time zone whose calendar the partitions follow. Hours need a zone without daylight saving. @default "UTC" */
  readonly zone?: string;
  /** Encoding of time in the key column. `time` follows the column's type. @default "time" */
  readonly key?: KeyEncoding;
  /**
   * Template of partition names. {table}, {base} (the branch that it belongs to), {yyyy}, {mm}, {dd}, {hh}, {q}, {gggg} and {ww}
   * (ISO week) are filled in from the first instant. Names longer than 63 bytes end in a hash.
   *
   * @default "{table}_p{yyyy}_{mm}" for months, alike for the others; with levels above `{base}` in place of `{table}`
   */
  readonly name?: string;
  /** Other lengths below some values of the levels above. The first match applies. */
  readonly overrides?: readonly LevelOverrideArgs[];
}

/** Another length of partitions below some values, for branches that grow faster or slower than the others. */
export interface LevelOverrideArgs {
  /** Values by column of a level above; all have to match. @example { site_id: "def-456" } */
  readonly when: Readonly<Record<string, string>>;
  /** Length of a partition there. @default "month" */
  readonly every?: Period;
  /** Instead of `every`, as for the level. */
  readonly grid?: readonly SegmentArgs[];
  /** Template of partition names there. @default that of the level, where it fits the length */
  readonly name?: string;
}

/** One segment of the grid. */
export interface SegmentArgs {
  /** First instant, ISO 8601. Left out in the first segment: no lower limit. */
  readonly from?: string;
  /** First instant after it. Left out: until the next segment begins. */
  readonly to?: string;
  /** Length of its partitions; `whole` is a single partition of odd size, with `from`, `to` and a literal `name`. */
  readonly every: Period | "whole";
  /** Template of its partitions' names, as for a level; for `whole` a literal, and required. @default that of the level */
  readonly name?: string;
}

const LENGTHS = [...PERIODS, "whole"] as const;

const SEGMENT = {
  from: defineBound("from"),
  to: defineBound("to"),
  every: sentAs(z.enum(LENGTHS), parseEvery, nameType("SegmentLength", z.enum(LENGTHS))),
  name: sentAs(name.optional(), parseName, name),
} satisfies OptionsOf<SegmentArgs, SegmentPlace>;

/** Place of the options of a segment; the level itself, if it has no grid. */
interface SegmentPlace {
  readonly path: string;
  readonly level: TimeLevel;
  readonly zone: string;
}

/** A partitioning by time with its place in the declaration: the time level, or an override of it. */
export interface TimeLevel extends Omit<RangeLevelArgs, "overrides"> {
  /** Path of the declaration: `partitionBy[2]`. */
  readonly path: string;
  /** True below other levels: names then begin with those of their branch. */
  readonly branched: boolean;
}

const cutting = {
  every: z.enum(PERIODS).optional(),
  grid: z
    .array(z.strictObject(collectShapes(SEGMENT)))
    .min(1)
    .optional(),
  name: name.optional(),
};

export const rangeLevelShape = z.strictObject({
  range: name,
  ...cutting,
  zone: name.optional(),
  key: z.enum(KEY_ENCODINGS).optional(),
  overrides: z.array(z.strictObject({ when: z.record(name, name), ...cutting })).optional(),
});

/** A grid on the wire: times as ISO text, because policies and people read them. */
export const gridWireSchema = z.array(z.object(collectWires(SEGMENT))).min(1);
type GridWire = z.infer<typeof gridWireSchema>;

export function encodeGrid(grid: readonly GridSegment[]): GridWire {
  return grid.map((segment) => omitUndefined(encodeOptions(SEGMENT, segment)) as GridWire[number]);
}

export function decodeGrid(wire: GridWire): GridSegment[] {
  return wire.map((segment) => decodeOptions(SEGMENT, segment));
}

export function parseGrid(level: TimeLevel, zone: string, problems: Problem[]): readonly GridSegment[] {
  if (level.grid && level.every) {
    problems.push(refuseGrid(`${level.path}.every`, "both every and grid are declared.", "Remove one of them."));
  }
  const declared: readonly SegmentArgs[] = level.grid ?? [{ every: level.every ?? DEFAULT_PERIOD }];
  const segments: readonly GridSegment[] = declared.map((segment, index) => {
    const path = level.grid ? `${level.path}.grid[${index}]` : level.path;
    return parseOptions(SEGMENT, segment, { path, level, zone }, problems);
  });
  return segments.map((segment, index) => {
    const next = segments[index + 1];
    checkMeeting(level, segment, next, index, problems);
    return { ...segment, to: segment.to ?? next?.from };
  });
}

/** Creates the option for one end of a segment. */
function defineBound(end: "from" | "to") {
  return defineOption({
    shape: z.string().optional(),
    wire: instantWire.optional(),
    parse: (text: string | undefined, { path, zone, problems }: Around<unknown, SegmentPlace>) =>
      text === undefined ? undefined : parseDeclaredTime(`${path}.${end}`, text, zone, problems),
    toWire: (instant) => instant && formatInstant(instant),
    fromWire: (wire): Instant | undefined => (wire === undefined ? undefined : parseInstant(wire, "UTC")),
  });
}

function parseEvery(
  every: Period | "whole",
  { args, path, level, zone, problems }: Around<SegmentArgs, SegmentPlace>,
): Period | "whole" {
  if (every === "hour" && !hasRegularHours(zone)) {
    problems.push({
      path: `${level.path}.zone`,
      code: "invalid-zone",
      message: `hours are not regular in ${zone}: with daylight saving one comes twice a year and one never.`,
      fix: 'Use zone "UTC" (or a fixed offset) for hourly partitions.',
    });
  }
  if (every === "whole" && (!args.from || !args.to || !args.name)) {
    problems.push(
      refuseGrid(
        path,
        'a segment of every: "whole" is one partition with its own bounds and name.',
        "Give it from, to and name.",
      ),
    );
  }
  return every;
}

function parseName(
  declared: string | undefined,
  { args: { every }, path, level, problems }: Around<SegmentArgs, SegmentPlace>,
): string {
  const name = declared ?? (every === "whole" ? undefined : (level.name ?? chooseDefaultName(every, level)));
  if (name !== undefined) checkNameTemplate(`${path}.name`, name, every, problems);
  return name ?? "";
}

function checkMeeting(
  level: TimeLevel,
  segment: GridSegment,
  next: GridSegment | undefined,
  index: number,
  problems: Problem[],
): void {
  const path = `${level.path}.grid[${index}]`;
  if (segment.from && segment.to && compareInstants(segment.from, segment.to) >= 0) {
    problems.push(
      refuseGrid(
        path,
        `the segment ends (${formatInstant(segment.to)}) before it begins (${formatInstant(segment.from)}).`,
        "Put from before to.",
      ),
    );
  }
  if (!next) return;
  const nextPath = `${level.path}.grid[${index + 1}].from`;
  if (!next.from) {
    problems.push(refuseGrid(nextPath, "only the first segment may leave out from.", "Declare where it begins."));
  } else if (segment.to && compareInstants(segment.to, next.from) !== 0) {
    const what = compareInstants(segment.to, next.from) < 0 ? "leave a gap" : "overlap";
    const message = `the segments ${what} between ${formatInstant(segment.to)} and ${formatInstant(next.from)}.`;
    problems.push(refuseGrid(nextPath, message, "Begin where the segment before ends."));
  } else if (segment.from && compareInstants(segment.from, next.from) >= 0) {
    problems.push(
      refuseGrid(
        nextPath,
        `the segments are not in order of time: ${formatInstant(next.from)} is not after ${formatInstant(segment.from)}.`,
        "Put the oldest first.",
      ),
    );
  }
}

function checkNameTemplate(path: string, template: string, every: Period | "whole", problems: Problem[]): void {
  const found = findTemplateProblem(template, every);
  if (found)
    problems.push({
      path,
      code: "name-template",
      message: `${JSON.stringify(template)}: ${found}.`,
      fix: "Change the template.",
    });
  checkTemplateText(path, template, problems);
}

export function refuseGrid(path: string, message: string, fix: string): Problem {
  return { path, code: "grid", message, fix };
}

/** Returns the default template. Below other levels a name begins with that of its branch. */
function chooseDefaultName(period: Period, level: TimeLevel): string {
  const name = DEFAULT_PARTITION_NAMES[period];
  return level.branched ? name.replace("{table}", "{base}") : name;
}
