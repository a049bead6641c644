import type { TableSpecArgs } from "./args";
import type { HashLevelArgs, ListLevelArgs } from "../levels/branch-level";
import type { LevelArgs } from "../levels/level-args";
import type { RangeLevelArgs, SegmentArgs, TimeLevel } from "../levels/time-level";
import type { Period } from "../../time/period";

/** Returns the time level of a declaration; an empty one if missing, which is reported as a problem of its own. */
export function findTimeLevel(args: TableSpecArgs): TimeLevel {
  const index = args.partitionBy.findIndex(isRangeLevel);
  const level = args.partitionBy[index];
  const place = { path: `partitionBy[${Math.max(index, 0)}]`, branched: index > 0 };
  return level && isRangeLevel(level) ? { ...level, ...place } : { range: "", ...place };
}

/** Returns an override, completed by the level. */
export function overrideLevel(
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

export function isRangeLevel(level: LevelArgs): level is RangeLevelArgs {
  return "range" in level;
}

export function isListLevel(level: LevelArgs): level is ListLevelArgs {
  return "list" in level;
}

export function isHashLevel(level: LevelArgs): level is HashLevelArgs {
  return "hash" in level;
}

/** Returns the key column of a level. */
export function getLevelColumn(level: LevelArgs): string {
  return isRangeLevel(level) ? level.range : isListLevel(level) ? level.list : level.hash;
}
