import { type BranchLevel, isSource, type LevelsSpec } from "../../levels/levels";
import { joinBranchPath } from "../../store/layout";

/** Values that a program gives for the branches of a table, outermost first. */
type DeclaredBranches = readonly (readonly string[])[];

/** Reason why the branches of a table cannot be determined. */
export type BranchProblem = "values-needed" | "intervals-differ" | "wrong-length";

/**
 * Returns the folders of a table's branches, as values of a projection: every combination of the values that its levels declare,
 * or those that the program names if the values are in the database. Empty for a table partitioned by time alone.
 */
export function listCatalogBranches(levels: LevelsSpec, declared?: DeclaredBranches): string[] | BranchProblem {
  const { above, overrides } = levels;
  if (above.length === 0) return [];
  if (overrides.length > 0) return "intervals-differ";
  if (declared?.some((path) => path.length !== above.length)) return "wrong-length";
  const paths =
    declared ?? above.map(listLevelValues).reduce<readonly (readonly string[])[] | undefined>(combinePaths, [[]]);
  return paths === undefined || paths.length === 0 ? "values-needed" : paths.map(joinBranchPath);
}

function listLevelValues(level: BranchLevel): readonly string[] | undefined {
  if (level.kind === "hash") return Array.from({ length: level.modulus }, (_, remainder) => String(remainder));
  return isSource(level.values) ? undefined : level.values;
}

function combinePaths(
  paths: readonly (readonly string[])[] | undefined,
  values: readonly string[] | undefined,
): readonly (readonly string[])[] | undefined {
  return values && paths?.flatMap((path) => values.map((value) => [...path, value]));
}
