import { DEFAULT_PERIOD, DEFAULT_ZONE } from "../../defaults";
import { DEFAULT_PARTITION_NAMES, templateProblem } from "../../names/template";
import type { Problem } from "../../problems/problem";
import type { GridSegment } from "../../time/grid";
import { compareInstants, formatInstant, type Instant } from "../../time/instant";
import { boundFits, columnTypesFor, describeKind, keyKind, type KeyKind } from "../../time/key";
import { hoursAreRegular, isZone, type Period } from "../../time/period";
import type { TableSpecArgs } from "./args";
import { timeLevelOf, type TimeLevel } from "./level-place";
import type { SegmentArgs } from "./level-args";
import { checkTemplateText } from "../../names/name-problems";
import type { ColumnSpec, KeySpec } from "./spec";
import { declaredTime } from "../option/time-text";

/** Reads the time level: its key column and its grid. */
export function parseLevel(
  args: TableSpecArgs,
  columns: readonly ColumnSpec[] | undefined,
  problems: Problem[],
): { key: KeySpec; grid: readonly GridSegment[] } {
  const level = timeLevelOf(args);
  const zone = parseZone(level, problems);
  const key = {
    column: level.range,
    encoding: level.key ?? ("time" as const),
    kind: columns ? checkKey(args, level, columns, problems) : undefined,
    zone,
  };
  const grid = parseGrid(level, zone, problems);
  if (key.kind) checkBoundsFit(grid, key.kind, level, zone, problems);
  return { key, grid };
}

/**
 * Checks that the key can hold the bounds: otherwise they would be rounded, and two partitions would meet elsewhere than
 * declared.
 */
function checkBoundsFit(
  grid: readonly GridSegment[],
  kind: KeyKind,
  level: TimeLevel,
  zone: string,
  problems: Problem[],
): void {
  const path = (index: number, part: string) =>
    level.grid ? `${level.path}.grid[${index}].${part}` : `${level.path}.${part}`;
  for (const [index, segment] of grid.entries()) {
    if (segment.every === "hour" && kind === "date") {
      problems.push(
        gridProblem(path(index, "every"), "a key of type date holds no hours.", 'Use every: "day" or longer.'),
      );
    }
    for (const end of ["from", "to"] as const) {
      const bound = segment[end];
      if (bound === undefined || boundFits(bound, kind, zone)) continue;
      if (end === "to" && !level.grid?.[index]?.to) continue;
      problems.push(
        gridProblem(
          path(index, end),
          `a key of kind ${describeKind(kind)} cannot hold ${formatInstant(bound)} exactly.`,
          `Use a bound that is a whole value of the key.`,
        ),
      );
    }
  }
}

function parseZone(level: TimeLevel, problems: Problem[]): string {
  const zone = level.zone ?? DEFAULT_ZONE;
  if (isZone(zone)) return zone;
  problems.push({
    path: `${level.path}.zone`,
    code: "invalid-zone",
    message: `${JSON.stringify(zone)} is not a time zone.`,
    fix: 'Use an IANA name such as "Europe/Helsinki", "UTC", or a fixed offset such as "+02:00".',
  });
  return DEFAULT_ZONE;
}

/** Checks the key column. Rows with a NULL key would fit no partition. */
function checkKey(
  args: TableSpecArgs,
  level: TimeLevel,
  columns: readonly ColumnSpec[],
  problems: Problem[],
): KeyKind | undefined {
  const path = `${level.path}.range`;
  const column = columns.find((candidate) => candidate.name === level.range);
  if (!column) {
    problems.push({
      path,
      code: "unknown-column",
      message: `table "${args.table}" has no column "${level.range}" to partition by.`,
      fix: `Declared columns are: ${columns.map((candidate) => candidate.name).join(", ")}.`,
    });
    return undefined;
  }
  if (column.nullable) {
    problems.push({
      path,
      code: "key-nullable",
      message: `the key column "${column.name}" may be NULL, and a row with NULL belongs to no partition.`,
      fix: "Remove nullable: true from the column.",
    });
  }
  const kind = keyKind(column.type, level.key ?? "time");
  if (!kind) {
    problems.push({
      path,
      code: "key-type",
      message: `the key column "${column.name}" has type ${column.type}, which does not hold a key of kind "${level.key ?? "time"}".`,
      fix: `Use a column of type ${columnTypesFor(level.key ?? "time").join(", ")}, or set key to "epoch-s", "epoch-ms", "epoch-us" or "uuidv7".`,
    });
  }
  return kind;
}

export function parseGrid(level: TimeLevel, zone: string, problems: Problem[]): readonly GridSegment[] {
  if (level.grid && level.every) {
    problems.push(gridProblem(`${level.path}.every`, "both every and grid are declared.", "Remove one of them."));
  }
  const declared: readonly SegmentArgs[] = level.grid ?? [{ every: level.every ?? DEFAULT_PERIOD }];
  const segments = declared.map((segment, index) => parseSegment(segment, index, level, zone, problems));
  return segments.map((segment, index) => {
    const next = segments[index + 1];
    checkMeeting(level, segment, next, index, problems);
    return { ...segment, to: segment.to ?? next?.from };
  });
}

function parseSegment(
  segment: SegmentArgs,
  index: number,
  level: TimeLevel,
  zone: string,
  problems: Problem[],
): GridSegment {
  const path = level.grid ? `${level.path}.grid[${index}]` : level.path;
  const name =
    segment.name ?? (segment.every === "whole" ? undefined : (level.name ?? defaultName(segment.every, level)));
  if (segment.every === "hour" && !hoursAreRegular(zone)) {
    problems.push({
      path: `${level.path}.zone`,
      code: "invalid-zone",
      message: `hours are not regular in ${zone}: with daylight saving one comes twice a year and one never.`,
      fix: 'Use zone "UTC" (or a fixed offset) for hourly partitions.',
    });
  }
  if (segment.every === "whole" && (!segment.from || !segment.to || !name)) {
    problems.push(
      gridProblem(
        path,
        'a segment of every: "whole" is one partition with its own bounds and name.',
        "Give it from, to and name.",
      ),
    );
  }
  if (name !== undefined) checkTemplate(`${path}.name`, name, segment.every, problems);
  return {
    from: bound(`${path}.from`, segment.from, zone, problems),
    to: bound(`${path}.to`, segment.to, zone, problems),
    every: segment.every,
    name: name ?? "",
  };
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
      gridProblem(
        path,
        `the segment ends (${formatInstant(segment.to)}) before it begins (${formatInstant(segment.from)}).`,
        "Put from before to.",
      ),
    );
  }
  if (!next) return;
  const nextPath = `${level.path}.grid[${index + 1}].from`;
  if (!next.from) {
    problems.push(gridProblem(nextPath, "only the first segment may leave out from.", "Declare where it begins."));
  } else if (segment.to && compareInstants(segment.to, next.from) !== 0) {
    const what = compareInstants(segment.to, next.from) < 0 ? "leave a gap" : "overlap";
    const message = `the segments ${what} between ${formatInstant(segment.to)} and ${formatInstant(next.from)}.`;
    problems.push(gridProblem(nextPath, message, "Begin where the segment before ends."));
  } else if (segment.from && compareInstants(segment.from, next.from) >= 0) {
    problems.push(
      gridProblem(
        nextPath,
        `the segments are not in order of time: ${formatInstant(next.from)} is not after ${formatInstant(segment.from)}.`,
        "Put the oldest first.",
      ),
    );
  }
}

function checkTemplate(path: string, template: string, every: Period | "whole", problems: Problem[]): void {
  const found = templateProblem(template, every);
  if (found)
    problems.push({
      path,
      code: "name-template",
      message: `${JSON.stringify(template)}: ${found}.`,
      fix: "Change the template.",
    });
  checkTemplateText(path, template, problems);
}

function bound(path: string, text: string | undefined, zone: string, problems: Problem[]): Instant | undefined {
  return text === undefined ? undefined : declaredTime(path, text, zone, problems);
}

function gridProblem(path: string, message: string, fix: string): Problem {
  return { path, code: "grid", message, fix };
}

/** Returns the default template. Below other levels a name begins with that of its branch. */
function defaultName(period: Period, level: TimeLevel): string {
  const name = DEFAULT_PARTITION_NAMES[period];
  return level.branched ? name.replace("{table}", "{base}") : name;
}
