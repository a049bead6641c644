import type { TableSpecArgs } from "./args";
import type { HashLevelArgs, LevelArgs, ListLevelArgs, RangeLevelArgs, SegmentArgs } from "./level-args";
import type { Period } from "../../time/period";

/** A partitioning by time with its place in the declaration: the time level, or an override of it. */
export interface TimeLevel extends Omit<RangeLevelArgs, "overrides"> {
  /** Path of the declaration: `partitionBy[2]`. */
  readonly path: string;
  /** True below other levels: names then begin with those of their branch. */
  readonly branched: boolean;
}

/** Returns the time level of a declaration; an empty one if missing, which is reported as a problem of its own. */
export function timeLevelOf(args: TableSpecArgs): TimeLevel {
  const index = args.partitionBy.findIndex(isRange);
  const level = args.partitionBy[index];
  const place = { path: `partitionBy[${Math.max(index, 0)}]`, branched: index > 0 };
  return level && isRange(level) ? { ...level, ...place } : { range: "", ...place };
}

/** Returns an override, completed by the level. */
export function overriddenLevel(
  level: TimeLevel,
  index: number,
  override: { readonly every?: Period; readonly grid?: readonly SegmentArgs[]; readonly name?: string },
): TimeLevel {
  const { every: _every, grid: _grid, name: _name, ...kept } = level;
  return {
    ...kept,
    path: `${level.path}.overrides[${index}]`,
    ...(override.every === undefined ? {} : { every: override.every }),
    ...(override.grid === undefined ? {} : { grid: override.grid }),
    ...(override.name === undefined ? {} : { name: override.name }),
  };
}

export function isRange(level: LevelArgs): level is RangeLevelArgs {
  return "range" in level;
}

export function isList(level: LevelArgs): level is ListLevelArgs {
  return "list" in level;
}

export function isHash(level: LevelArgs): level is HashLevelArgs {
  return "hash" in level;
}

/** Returns the key column of a level. */
export function columnOfLevel(level: LevelArgs): string {
  return isRange(level) ? level.range : isList(level) ? level.list : level.hash;
}
