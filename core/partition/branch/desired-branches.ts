import { formatBranchName } from "../../names/template";
import { toLabel } from "../../names/slug";
import type { ObservedBranch, ObservedPartition, ObservedTable } from "../../observed/observed-table";
import type { Problem } from "../../problems/problem";
import type { WindowSpec } from "../../declare/table/spec";
import { distinguishNames, type Unnamed, listNameless } from "./branch-names";
import { type BranchLevel, encodeBranchPath, isSource, type ListLevel } from "../../levels/levels";

/** One row of a source of values. */
export interface SourceValue {
  readonly value: string;
  /** Value of the LIST level above that it belongs to; undefined: to each. */
  readonly parent: string | undefined;
  /** True if the filter returns it. An ended value keeps its partitions and gets no new ones. */
  readonly active: boolean;
}

/**
 * Values read for each level above the time level, in addition to those that are given; undefined for levels without. Those of the
 * rows of a table that is converted are among them.
 */
export type SourceValues = readonly (readonly SourceValue[] | undefined)[];

/** A branch that the declaration and the sources of values name. */
export interface DesiredBranch {
  readonly path: readonly string[];
  readonly level: BranchLevel;
  readonly name: string;
  /** Name from the template of its level; its actual name differs if that is taken, or if it already exists. */
  readonly wanted: string;
  /** True if it and all branches above it are in use. */
  readonly active: boolean;
  /** True if the program itself names it and all branches above it. */
  readonly given: boolean;
  /** True if it exists. */
  readonly standing: boolean;
  /** True if its name is that of a branch of another level, so it cannot be created. */
  readonly nameless: boolean;
  /** Empty directly above the time level. */
  readonly children: readonly DesiredBranch[];
}

/**
 * Returns every branch that should exist or may keep its partitions, outermost first. Empty for a table partitioned by time
 * alone. With `table`, existing branches keep their names.
 */
export function listDesiredBranches(spec: LeveledSpec, values: SourceValues, table?: ObservedTable): DesiredBranch[] {
  const there = mapBranchNames(spec, table);
  const taken = new Set([spec.table, ...there.values()]);
  const root: Place = { path: [], name: spec.table, active: true, given: true };
  const depths: NamedBranch[][] = [];
  for (const [depth, level] of spec.levels.above.entries()) {
    const wanted = (depths.at(-1) ?? [root]).flatMap((above) => listBranches(spec, level, values[depth], above, there));
    depths.push(distinguishNames(wanted, taken));
  }
  const without = listNameless(depths.flat());
  const byDepth = depths.map(groupByParent);
  const buildTreeBelow = (depth: number, above: string): DesiredBranch[] =>
    (byDepth[depth]?.get(above) ?? []).map(({ kept, ...branch }) => {
      const key = encodeBranchPath(branch.path);
      const children = buildTreeBelow(depth + 1, key);
      return { ...branch, standing: kept !== undefined, nameless: without.has(key), children };
    });
  return buildTreeBelow(0, "");
}

/** What decides about branches. */
type LeveledSpec = Pick<WindowSpec, "table" | "levels">;

interface Place {
  readonly path: readonly string[];
  readonly name: string;
  readonly active: boolean;
  readonly given: boolean;
}

type NamedBranch = Place & Unnamed & { readonly level: BranchLevel };

function listBranches(
  spec: LeveledSpec,
  level: BranchLevel,
  read: readonly SourceValue[] | undefined,
  above: Place,
  there: ReadonlyMap<string, string>,
): Omit<NamedBranch, "name">[] {
  return listValues(spec, level, read, above.path).map(({ value, active, given }) => {
    const path = [...above.path, value];
    const wanted = nameBranch(spec, level, above.name, value);
    const kept = there.get(encodeBranchPath(path));
    return { path, level, active: above.active && active, given: above.given && given, wanted, kept };
  });
}

/** Returns names of existing branches by path, regardless of their creator. */
function mapBranchNames(spec: LeveledSpec, table: ObservedTable | undefined): ReadonlyMap<string, string> {
  return new Map(
    (table?.branches ?? []).flatMap(({ path, partition }) =>
      path && path.length <= spec.levels.above.length ? [[encodeBranchPath(path), partition.name] as const] : [],
    ),
  );
}

function groupByParent(branches: readonly NamedBranch[]): ReadonlyMap<string, NamedBranch[]> {
  const found = new Map<string, NamedBranch[]>();
  for (const branch of branches) {
    const key = encodeBranchPath(branch.path.slice(0, -1));
    const siblings = found.get(key);
    if (siblings) siblings.push(branch);
    else found.set(key, [branch]);
  }
  return found;
}

function listValues(
  spec: LeveledSpec,
  level: BranchLevel,
  read: readonly SourceValue[] | undefined,
  path: readonly string[],
): { readonly value: string; readonly active: boolean; readonly given: boolean }[] {
  const give = (value: string) => ({ value, active: true, given: true });
  if (level.kind === "hash") return Array.from({ length: level.modulus }, (_, remainder) => give(String(remainder)));
  const given = isSource(level.values) ? [] : level.values.map(give);
  const parent = findListValue(spec, path);
  const found = (read ?? []).filter((row) => row.parent === undefined || row.parent === parent);
  return [...given, ...found.map(({ value, active }) => ({ value, active, given: false }))];
}

/** Returns the value of the nearest LIST level above. */
function findListValue(spec: LeveledSpec, path: readonly string[]): string | undefined {
  return path.filter((_, depth) => spec.levels.above[depth]?.kind === "list").at(-1);
}

function nameBranch(spec: LeveledSpec, level: BranchLevel, base: string, value: string): string {
  const own = level.kind === "hash" ? { remainder: value } : { value: toLabel(value, level.slug) };
  return formatBranchName(level.name, { table: spec.table, base, ...own });
}

/**
 * Returns problems of two branches that the program itself names and that get one name: the user can change one of the values.
 * Values read from a table are never a problem.
 */
export function findNameProblems(branches: readonly DesiredBranch[]): Problem[] {
  const seen = new Map<string, DesiredBranch>();
  const problems: Problem[] = [];
  for (const branch of flatten(branches)) {
    if (!branch.given) continue;
    const other = seen.get(branch.wanted);
    if (other) {
      problems.push({
        path: "partitionBy",
        code: "name-collision",
        message: `the branches ${describePath(other.path)} and ${describePath(branch.path)} would both be called "${branch.wanted}".`,
        fix: "Set slug: false for that level, put {base} into its name, or change one of the values.",
      });
    }
    seen.set(branch.wanted, branch);
  }
  return problems;
}

/** Returns the partitioning by time below one path: the first override that matches, else that of the level. */
export function getBranchSpec<Spec extends Pick<WindowSpec, "grid" | "levels">>(
  spec: Spec,
  path: readonly string[],
): Spec {
  const override = spec.levels.overrides.find(({ when }) =>
    Object.entries(when).every(([column, value]) => path[findDepth(spec, column)] === value),
  );
  return override ? { ...spec, grid: override.grid } : spec;
}

function findDepth(spec: Pick<WindowSpec, "levels">, column: string): number {
  return spec.levels.above.findIndex((level) => level.column === column);
}

/** Returns branches directly above the time level, from the catalogue, by their path. */
export function findStems(
  spec: Pick<WindowSpec, "levels">,
  table: ObservedTable | undefined,
): ReadonlyMap<string, ObservedBranch> {
  const depth = spec.levels.above.length;
  const stems = new Map<string, ObservedBranch>();
  for (const branch of table?.branches ?? []) {
    if (branch.path?.length === depth && depth > 0) stems.set(encodeBranchPath(branch.path), branch);
  }
  return stems;
}

/** Returns the time partitions of a table, in all branches. */
export function listTimePartitions(spec: WindowSpec, table: ObservedTable | undefined): readonly ObservedPartition[] {
  if (spec.levels.above.length === 0) return table?.partitions ?? [];
  return [...findStems(spec, table).values()].flatMap((stem) => stem.partitions);
}

/** Returns the number of partitions that hold rows themselves. */
export function countPartitions(table: ObservedTable | undefined): number {
  return table ? listWholeTree(table).filter((partition) => !partition.partitioned).length : 0;
}

/** Returns everything below a table, at any depth: partitions, branches and their parts. */
export function listWholeTree({ partitions, branches }: Pick<ObservedTable, "partitions" | "branches">) {
  return [...partitions, ...branches.flatMap((branch) => branch.partitions)];
}

/** Returns the path of a branch, or of the branch that a partition is in; empty for one of the table itself. */
export function findPath({ branches }: Pick<ObservedTable, "branches">, { oid, parent }: ObservedPartition) {
  return branches.find(({ partition }) => partition.oid === oid)?.path ?? parent?.path ?? [];
}

/** A partition or a branch, with its path. */
export interface PlacedPartition extends ObservedPartition {
  readonly path: readonly string[];
}

/** Returns everything below a table with its path. */
export function listPlaced(table: Pick<ObservedTable, "partitions" | "branches">): PlacedPartition[] {
  return listWholeTree(table).map((one) => ({ ...one, path: findPath(table, one) }));
}

/** Yields a branch and everything below it, each before its parts. */
export function* flatten(branches: readonly DesiredBranch[]): Generator<DesiredBranch> {
  for (const branch of branches) {
    yield branch;
    yield* flatten(branch.children);
  }
}

/** Returns the bare values, which read better in a list than `program_id = abc, site_id = def`. */
export function describePath(path: readonly string[]): string {
  return path.map((value) => JSON.stringify(value)).join(" / ");
}

/** Number of branches that a note names before it only counts them. */
export const NAMED_BRANCHES = 5;

export function describePaths(paths: readonly (readonly string[])[]): string {
  const more = paths.length > NAMED_BRANCHES ? ` and ${paths.length - NAMED_BRANCHES} more` : "";
  return `${paths.slice(0, NAMED_BRANCHES).map(describePath).join(", ")}${more}`;
}

/** Returns branches in the database that neither the declaration nor the sources of values name any more. */
export function findGoneBranches(
  spec: WindowSpec,
  desired: readonly DesiredBranch[],
  table: ObservedTable | undefined,
): ObservedBranch[] {
  const known = new Set([...flatten(desired)].map((branch) => encodeBranchPath(branch.path)));
  return (table?.branches ?? []).filter(
    (branch) =>
      branch.path !== undefined &&
      branch.path.length <= spec.levels.above.length &&
      !known.has(encodeBranchPath(branch.path)) &&
      // If a branch above is gone too, only that one is reported.
      known.has(encodeBranchPath(branch.path.slice(0, -1))) === branch.path.length > 1,
  );
}

/** Returns the LIST level of a branch, for the options of its values. */
export function findListLevel(spec: WindowSpec, path: readonly string[]): ListLevel | undefined {
  const level = spec.levels.above[path.length - 1];
  return level?.kind === "list" ? level : undefined;
}
