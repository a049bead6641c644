import { type BranchLevel, encodeBranchPath, isSource, type LevelsSpec } from "../../levels/levels";
import type { SourceValue, SourceValues } from "../../partition/branch/desired-branches";
import { compareInstants, type Instant } from "../../time/instant";

/** What the rows of a table hold that have the same values in the columns of its LIST levels. */
export interface BranchRows {
  /** From the outermost LIST level on. Undefined: NULL. */
  readonly values: readonly (string | undefined)[];
  /** Number of those that were read. */
  readonly rows: number;
  /** Times of the first and the last one. Undefined: not finite. */
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
}

export interface RowRange {
  readonly from: Instant;
  readonly to: Instant;
}

/** Returns the levels whose values are in the rows; which row belongs to which part of a HASH level, only the server knows. */
export function listListColumns({ above }: Pick<LevelsSpec, "above">): string[] {
  return above.flatMap(({ kind, column }) => (kind === "list" ? [column] : []));
}

/** Returns the columns that partition a table beside its time. */
export function listLevelColumns({ above, below }: Pick<LevelsSpec, "above" | "below">): string[] {
  return [...new Set([...above, ...below].map(({ column }) => column))];
}

/**
 * Adds the values that rows have, and that neither the declaration nor a source names: their rows need branches, which get no
 * partitions for later rows.
 */
export function addFoundValues(
  { above }: Pick<LevelsSpec, "above">,
  read: SourceValues,
  found: readonly BranchRows[],
): SourceValues {
  let list = -1;
  return above.map((level, depth) => {
    if (level.kind !== "list") return undefined;
    list += 1;
    const known = [...(read[depth] ?? [])];
    for (const { values } of found) {
      const [parent, value] = [list === 0 ? undefined : values[list - 1], values[list]];
      if (value !== undefined && !isKnown(level, known, value, parent)) known.push({ value, parent, active: false });
    }
    return known;
  });
}

function isKnown(
  level: BranchLevel & { readonly kind: "list" },
  known: readonly SourceValue[],
  value: string,
  parent: string | undefined,
): boolean {
  if (!isSource(level.values) && level.values.includes(value)) return true;
  return known.some((one) => one.value === value && (one.parent === undefined || one.parent === parent));
}

/** Returns the times of the rows of each branch, by {@link keyOfValues}. */
export function mapRanges(found: readonly BranchRows[]): ReadonlyMap<string, RowRange> {
  const ranges = new Map<string, RowRange>();
  for (const { values, from, to } of found) {
    if (!from || !to) continue;
    const key = encodeBranchPath(values.map((value) => value ?? ""));
    const other = ranges.get(key);
    ranges.set(key, {
      from: other && compareInstants(other.from, from) < 0 ? other.from : from,
      to: other && compareInstants(other.to, to) > 0 ? other.to : to,
    });
  }
  return ranges;
}

/** Identifies the rows of a branch by its values of LIST levels. */
export function keyOfValues({ above }: Pick<LevelsSpec, "above">, path: readonly string[]): string {
  return encodeBranchPath(path.filter((_, depth) => above[depth]?.kind === "list"));
}
