import type { LevelOverrideArgs, SegmentArgs } from "../declare/levels/time-level";
import { compareInstants } from "../time/instant";
import { toIntervalKey } from "../time/interval";
import type { ObservedPartition } from "../observed/observed-table";
import { type FoundGrid, findGrid } from "./find-grid";
import type { Stem } from "./find-levels";
import type { NamedInterval } from "./partition-names";

/** The grids of a table's branches: that of most of them, and overrides for the others. */
export interface FoundGrids extends FoundGrid {
  readonly overrides: readonly LevelOverrideArgs[];
  /** Each interval of the usual grid once, in order of time. */
  readonly partitions: readonly NamedInterval[];
}

interface StemGrid {
  readonly stem: Stem;
  readonly grid: FoundGrid;
  readonly partitions: readonly NamedInterval[];
}

/**
 * Finds the grid of each branch. A table without levels above time is its own only branch, whose partitions are named after the
 * table.
 */
export function findGrids(stems: readonly Stem[], levelled: boolean, zone: string, noHours = false): FoundGrids {
  const found = stems.map((stem): StemGrid => {
    const partitions = sortByTime(stem.partitions);
    const grid = findGrid(partitions, stem.name, zone, noHours);
    return {
      stem,
      partitions,
      grid: levelled ? { ...grid, segments: grid.segments.map((one) => replaceTableByBranch(one, stem)) } : grid,
    };
  });
  const groups = new Map<string, StemGrid[]>();
  for (const one of found) groups.set(describeGrid(one), [...(groups.get(describeGrid(one)) ?? []), one]);
  const [usual = found, ...others] = [...groups.values()].sort((a, b) => b.length - a.length);
  const [first] = usual;
  const grid = first?.grid ?? findGrid([], "", zone);
  return {
    ...grid,
    notes: [...new Set(usual.flatMap((one) => one.grid.notes))].slice(0, MAX_NOTES),
    overrides: mergeOverrides(others.flat()),
    partitions: removeDuplicates(usual.flatMap((one) => one.partitions)),
  };
}

/** Limits notes: hundreds of branches have the same ones about their names. */
const MAX_NOTES = 10;

function sortByTime(partitions: readonly ObservedPartition[]): NamedInterval[] {
  return partitions
    .flatMap(({ name, bounds }) => (bounds?.from && bounds.to ? [{ name, from: bounds.from, to: bounds.to }] : []))
    .sort((a, b) => compareInstants(a.from, b.from));
}

/** Replaces the table in a name by the branch, because a name without it would be shared by several branches. */
function replaceTableByBranch(segment: SegmentArgs, stem: Stem): SegmentArgs {
  const { name, ...cut } = segment;
  if (name === undefined) return segment;
  if (name.startsWith(stem.name)) return { ...cut, name: `{base}${name.slice(stem.name.length)}` };
  if (name.includes("{table}")) return { ...cut, name: name.replace("{table}", "{base}") };
  return { ...cut, name: `{base}_${name}` };
}

/** Describes the grid of a branch, without names of its partitions. */
function describeGrid({ grid }: StemGrid): string {
  return JSON.stringify(grid.segments.map(({ from, to, every }) => ({ from, to, every })));
}

/** Merges branches of one path in several HASH parts into one override; a hash's remainder cannot select one. */
function mergeOverrides(others: readonly StemGrid[]): LevelOverrideArgs[] {
  const known = new Map<string, LevelOverrideArgs>();
  for (const one of others)
    if (Object.keys(one.stem.values).length > 0) known.set(JSON.stringify(one.stem.values), declareOverride(one));
  return [...known.values()];
}

function declareOverride({ stem, grid }: StemGrid): LevelOverrideArgs {
  const [only] = grid.segments;
  const when = stem.values;
  return grid.segments.length === 1 && only && only.every !== "whole"
    ? { when, every: only.every, ...(only.name === undefined ? {} : { name: only.name }) }
    : { when, grid: grid.segments };
}

function removeDuplicates(partitions: readonly NamedInterval[]): NamedInterval[] {
  const known = new Map(partitions.map((one) => [toIntervalKey(one), one]));
  return [...known.values()].sort((a, b) => compareInstants(a.from, b.from));
}
