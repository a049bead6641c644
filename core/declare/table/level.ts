import { DEFAULT_ZONE } from "../../defaults";
import type { Problem } from "../../problems/problem";
import type { GridSegment } from "../../time/grid";
import { formatInstant } from "../../time/instant";
import { canHoldBound, listColumnTypes, describeKind, findKeyKind, type KeyKind } from "../../time/key";
import { isZone } from "../../time/period";
import type { TableSpecArgs } from "./args";
import { findTimeLevel } from "./level-place";
import type { ColumnSpec, KeySpec } from "./spec";
import { refuseGrid, parseGrid, type TimeLevel } from "../levels/time-level";

/** Reads the time level: its key column and its grid. */
export function parseLevel(
  args: TableSpecArgs,
  columns: readonly ColumnSpec[] | undefined,
  problems: Problem[],
): { key: KeySpec; grid: readonly GridSegment[] } {
  const level = findTimeLevel(args);
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
  const buildPath = (index: number, part: string) =>
    level.grid ? `${level.path}.grid[${index}].${part}` : `${level.path}.${part}`;
  for (const [index, segment] of grid.entries()) {
    if (segment.every === "hour" && kind === "date") {
      problems.push(
        refuseGrid(buildPath(index, "every"), "a key of type date holds no hours.", 'Use every: "day" or longer.'),
      );
    }
    for (const end of ["from", "to"] as const) {
      const bound = segment[end];
      if (bound === undefined || canHoldBound(bound, kind, zone)) continue;
      if (end === "to" && !level.grid?.[index]?.to) continue;
      problems.push(
        refuseGrid(
          buildPath(index, end),
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
  const kind = findKeyKind(column.type, level.key ?? "time");
  if (!kind) {
    problems.push({
      path,
      code: "key-type",
      message: `the key column "${column.name}" has type ${column.type}, which does not hold a key of kind "${level.key ?? "time"}".`,
      fix: `Use a column of type ${listColumnTypes(level.key ?? "time").join(", ")}, or set key to "epoch-s", "epoch-ms", "epoch-us" or "uuidv7".`,
    });
  }
  return kind;
}
