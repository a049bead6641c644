import type { TableSpecArgs } from "./args";
import type { HashLevelArgs, ListLevelArgs } from "../levels/branch-level";
import type { LevelArgs } from "../levels/level-args";
import type { RangeLevelArgs, SegmentArgs, TimeLevel } from "../levels/time-level";
import type { Period } from "../../time/period";

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
