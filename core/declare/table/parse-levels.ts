import { DEFAULT_SCHEMA } from "../../defaults";
import type { BranchLevel, GridOverride, HashLevel, LevelsSpec, RootLevel } from "../../levels/levels";
import type { Problem } from "../../problems/problem";
import type { TableSpecArgs } from "./args";
import { type BranchPlace, refuseLevel, parseHash, parseList } from "../levels/branch-level";
import { getLevelColumn, isHashLevel, isListLevel, isRangeLevel, overrideLevel, findTimeLevel } from "./level-place";
import type { ColumnSpec } from "./spec";
import { parseGrid, type RangeLevelArgs } from "../levels/time-level";

/** Reads the levels other than the time level, and checks all levels together. */
export function parseLevels(
  args: TableSpecArgs,
  columns: readonly ColumnSpec[] | undefined,
  problems: Problem[],
): { readonly root: RootLevel; readonly levels: LevelsSpec } {
  const at = args.partitionBy.findIndex(isRangeLevel);
  checkPlaces(args, at, problems);
  checkKeyColumns(args, columns, problems);
  const createPlace = (index: number): BranchPlace => ({
    path: `partitionBy[${index}]`,
    schema: args.schema ?? DEFAULT_SCHEMA,
    belowList: args.partitionBy.slice(0, index).some(isListLevel),
  });
  const above = args.partitionBy.slice(0, Math.max(at, 0)).flatMap((level, index): BranchLevel[] => {
    if (isListLevel(level)) return [parseList(level, createPlace(index), problems)];
    return isHashLevel(level) ? [parseHash(level, createPlace(index), problems)] : [];
  });
  const below = args.partitionBy
    .slice(at + 1)
    .flatMap((level, index): HashLevel[] =>
      isHashLevel(level) ? [parseHash(level, createPlace(at + 1 + index), problems)] : [],
    );
  const time = args.partitionBy[at];
  const overrides = time && isRangeLevel(time) ? parseOverrides(args, time, above, problems) : [];
  const first = args.partitionBy[0] ?? { range: "" };
  const strategy = isRangeLevel(first) ? "range" : isListLevel(first) ? "list" : "hash";
  return { root: { strategy, column: getLevelColumn(first) }, levels: { above, below, overrides } };
}

/** Checks the order of levels: one time level; above it LIST and HASH, below it HASH alone. */
function checkPlaces(args: TableSpecArgs, at: number, problems: Problem[]): void {
  const times = args.partitionBy.filter(isRangeLevel).length;
  if (times !== 1) {
    problems.push(
      refuseLevel(
        "partitionBy",
        times === 0 ? "no level cuts the table by time." : `${times} levels cut the table by time.`,
        "Declare exactly one level with range.",
      ),
    );
  }
  for (const [index, level] of args.partitionBy.entries()) {
    if (index > at && at >= 0 && isListLevel(level)) {
      problems.push(
        refuseLevel(
          `partitionBy[${index}]`,
          "a LIST level is below the time level, so each new month would need all its values.",
          "Put it above the time level.",
        ),
      );
    }
  }
  if (args.partitionBy.length > 1 && args.resources === "partition") {
    problems.push(
      refuseLevel(
        "resources",
        "partitions of several levels are not separate resources: their number depends on values.",
        'Leave resources out, or set it to "window".',
      ),
    );
  }
}

/** Checks that no column is the key of two levels. */
function checkKeyColumns(args: TableSpecArgs, columns: readonly ColumnSpec[] | undefined, problems: Problem[]): void {
  const seen = new Set<string>();
  for (const [index, level] of args.partitionBy.entries()) {
    const name = getLevelColumn(level);
    const path = `partitionBy[${index}].${isRangeLevel(level) ? "range" : isListLevel(level) ? "list" : "hash"}`;
    if (seen.has(name)) {
      problems.push(refuseLevel(path, `"${name}" is the key of two levels.`, "Cut by each column once."));
    }
    seen.add(name);
    if (isRangeLevel(level) || !columns) continue;
    const column = columns.find((candidate) => candidate.name === name);
    if (!column) {
      problems.push({
        path,
        code: "unknown-column",
        message: `table "${args.table}" has no column "${name}" to partition by.`,
        fix: `Declared columns are: ${columns.map((candidate) => candidate.name).join(", ")}.`,
      });
    } else if (column.nullable) {
      problems.push({
        path,
        code: "key-nullable",
        message: `the key column "${name}" may be NULL, and a row with NULL belongs to no partition.`,
        fix: "Remove nullable: true from the column.",
      });
    }
  }
}

function parseOverrides(
  args: TableSpecArgs,
  level: RangeLevelArgs,
  above: readonly BranchLevel[],
  problems: Problem[],
): GridOverride[] {
  const time = findTimeLevel(args);
  return (level.overrides ?? []).map((override, index) => {
    const overridden = overrideLevel(time, index, override);
    for (const column of Object.keys(override.when)) {
      if (above.some((candidate) => candidate.kind === "list" && candidate.column === column)) continue;
      problems.push(
        refuseLevel(
          `${overridden.path}.when.${column}`,
          `"${column}" is not the column of a LIST level above.`,
          "Name columns of LIST levels.",
        ),
      );
    }
    return { when: override.when, grid: parseGrid(overridden, level.zone ?? "UTC", problems) };
  });
}
