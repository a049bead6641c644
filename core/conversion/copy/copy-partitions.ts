import { MAX_WINDOW_INTERVALS } from "../../defaults";
import type { WindowSpec } from "../../declare/table/spec";
import { encodeBranchPath } from "../../levels/levels";
import { formatPartitionName } from "../../names/template";
import type { ObservedPartition, ObservedTable } from "../../observed/observed-table";
import { formatBranchBound, type NewBranch } from "../../partition/branch/branch-steps";
import {
  type DesiredBranch,
  findStems,
  flatten,
  getBranchSpec,
  listDesiredBranches,
  type SourceValues,
} from "../../partition/branch/desired-branches";
import { listMissingBranches } from "../../partition/branch/new-branches";
import { listParts } from "../../partition/create/partition-statements";
import { findIntervalAt, listIntervalsBetween } from "../../time/grid";
import type { DeclaredCopy } from "../../resources/conversion";
import { compareInstants, type Instant } from "../../time/instant";
import { overlaps } from "../../time/interval";
import { computeLeadEnd, type DesiredPartition } from "../../window/window-partitions";
import { type BranchRows, keyOfValues, mapRanges, type RowRange } from "./branch-rows";
import type { CopyPartition } from "./copy-source";

/** What decides about them. */
interface Declared
  extends Pick<WindowSpec, "schema" | "grid" | "levels" | "lead" | "table">, Pick<DeclaredCopy, "historyOf"> {
  readonly key: Pick<WindowSpec["key"], "zone" | "column">;
}

/** What is known when they are planned. */
interface CopyFacts {
  readonly now: Instant;
  readonly rows: readonly BranchRows[];
  /** Values of the levels, with those of the rows. */
  readonly values: SourceValues;
  /** Name of the copy. */
  readonly target: string;
  /** The copy as it is. Undefined: not created yet. */
  readonly copy: Pick<ObservedTable, "partitions" | "branches"> | undefined;
}

/**
 * Returns the partitions that a copy lacks, each after its parent: in every branch those from the first row's interval, or the present
 * one, to the end of the lead or to the last row; of a history that is split, to its end; in a branch whose value has ended, or was found in the rows alone, those of its
 * rows. The window creates others that it wants, and retires what has expired.
 */
export function planCopyPartitions(declared: Declared, facts: CopyFacts): CopyPartition[] {
  const { levels } = declared;
  const { target, copy } = facts;
  const ranges = mapRanges(facts.rows);
  if (levels.above.length === 0) {
    const { historyOf } = declared;
    const wanted = historyOf
      ? listOfHistory({ ...declared, table: historyOf.table }, historyOf.until, ranges.get(""))
      : listPartitions(declared, facts.now, ranges.get(""), declared.table);
    return describePartitions(declared, target, [], listFree(wanted, copy?.partitions));
  }
  const table = copy as ObservedTable | undefined;
  const desired = listDesiredBranches(declared, facts.values, table);
  const stems = findStems(declared, table);
  const listOf = (stem: DesiredBranch, base: string): readonly DesiredPartition[] => {
    const range = ranges.get(keyOfValues(levels, stem.path));
    const spec = getBranchSpec(declared, stem.path);
    return stem.active ? listPartitions(spec, facts.now, range, base) : listOfRows(spec, range, base);
  };
  const root = { schema: declared.schema, name: target, path: [] };
  const missing = listMissingBranches(declared, { table, root }, desired, (stem) => listOf(stem, stem.name));
  const added = [...flatten(desired)].flatMap((stem) => {
    const found = stems.get(encodeBranchPath(stem.path));
    if (!found) return [];
    const { name } = found.partition;
    return describePartitions(declared, name, stem.path, listFree(listOf(stem, name), found.partitions));
  });
  return [...missing.flatMap(({ branch, parent }) => describeBranch(declared, parent.name, branch)), ...added];
}

function describeBranch(declared: Declared, parent: string, branch: NewBranch): CopyPartition[] {
  const { name, path, cut, children, partitions } = branch;
  return [
    { name, parent, path, from: undefined, to: undefined, bound: formatBranchBound(branch), cut },
    ...children.flatMap((child) => describeBranch(declared, name, child)),
    ...describePartitions(declared, name, path, partitions),
  ];
}

/** Returns partitions with the parts that HASH levels below the time level divide them into. */
function describePartitions(
  { table, levels: { below } }: Declared,
  parent: string,
  path: readonly string[],
  partitions: readonly DesiredPartition[],
): CopyPartition[] {
  const divide = (one: CopyPartition, depth: number): CopyPartition[] => {
    const level = below[depth];
    if (!level) return [one];
    const parts = listParts(level, table, one.name).map((part) => ({ ...one, ...part, parent: one.name }));
    return [
      { ...one, cut: { strategy: "hash", column: level.column } },
      ...parts.flatMap((part) => divide(part, depth + 1)),
    ];
  };
  return partitions.flatMap(({ name, from, to }) => divide({ name, parent, path, from, to }, 0));
}

/** Leaves out those of intervals that exist: one that came while the table was partitioned may have another name. */
function listFree(
  wanted: readonly DesiredPartition[],
  present: readonly ObservedPartition[] = [],
): readonly DesiredPartition[] {
  const names = new Set(present.map(({ name }) => name));
  return wanted.filter((one) => !names.has(one.name) && !present.some(({ bounds }) => bounds && overlaps(bounds, one)));
}

/** Those of the rows, and from the present interval to the end of the lead. */
function listPartitions(
  spec: Declared,
  now: Instant,
  rows: RowRange | undefined,
  base: string,
): readonly DesiredPartition[] {
  const first = findIntervalAt(spec.grid, now, spec.key.zone)?.from ?? now;
  const last = computeLeadEnd(spec, first);
  const from = rows && compareInstants(rows.from, first) < 0 ? rows.from : first;
  // An interval that begins with the last row is needed too.
  const to = rows && compareInstants(rows.to, last) >= 0 ? rows.to.add({ nanoseconds: 1 }) : last;
  return listBetween(spec, from, to, base);
}

/** Those from the first row to the end of the history; without a row, its last interval. */
function listOfHistory(spec: Declared, until: Instant, rows: RowRange | undefined): readonly DesiredPartition[] {
  const last = until.subtract({ nanoseconds: 1 });
  const from = rows?.from ?? findIntervalAt(spec.grid, last, spec.key.zone)?.from ?? last;
  return listBetween(spec, from, until, spec.table);
}

function listOfRows(spec: Declared, rows: RowRange | undefined, base: string): readonly DesiredPartition[] {
  return rows ? listBetween(spec, rows.from, rows.to.add({ nanoseconds: 1 }), base) : [];
}

function listBetween({ grid, table, key: { zone } }: Declared, from: Instant, to: Instant, base: string) {
  const partitions: DesiredPartition[] = [];
  for (const interval of listIntervalsBetween(grid, from, to, zone)) {
    if (partitions.length > MAX_WINDOW_INTERVALS) break;
    const name = formatPartitionName(interval.segment.name, table, interval, zone, base);
    partitions.push({ name, from: interval.from, to: interval.to });
  }
  return partitions;
}
