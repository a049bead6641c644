import type { GridSegment } from "../time/grid";
import type { ParsedSpan } from "../time/span";

/** The levels of a table besides its time level, after validation. A table that is cut by time alone has none. */
export interface LevelsSpec {
  /** Outermost first. */
  readonly above: readonly BranchLevel[];
  readonly below: readonly HashLevel[];
  /** The first that fits the values of a branch holds there. */
  readonly overrides: readonly GridOverride[];
}

export type BranchLevel = ListLevel | HashLevel;

export interface ListLevel {
  readonly kind: "list";
  readonly column: string;
  readonly values: readonly string[] | ValueSource;
  readonly name: string;
  readonly slug: boolean;
  readonly cleanupAfter: ParsedSpan | undefined;
}

/** A table whose rows are the values of a LIST level. */
export interface ValueSource {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly where: string | undefined;
  /** Column with the value of the LIST level above. */
  readonly parent: string | undefined;
  /** Whether a change of the table calls for the branches of its new values at once. */
  readonly trigger?: boolean | undefined;
}

export interface HashLevel {
  readonly kind: "hash";
  readonly column: string;
  readonly modulus: number;
  readonly name: string;
}

export interface GridOverride {
  readonly when: Readonly<Record<string, string>>;
  readonly grid: readonly GridSegment[];
}

export const NO_LEVELS: LevelsSpec = { above: [], below: [], overrides: [] };

export function isSource(values: ListLevel["values"]): values is ValueSource {
  return !Array.isArray(values);
}

/** The strategy and column by which the table itself is cut: its first level. */
export interface RootLevel {
  readonly strategy: "range" | "list" | "hash";
  readonly column: string;
}

/** A table that time partitions are direct parts of: the table itself, or a branch below its levels. */
export interface BranchRef {
  readonly schema: string;
  readonly name: string;
  /** Values from the outermost level on; empty for the table itself. */
  readonly path: readonly string[];
}

/** One text for each path: how the ledger knows a branch, whatever it is called. Empty for the table itself. */
export function branchKey(path: readonly string[]): string {
  return path.length === 0 ? "" : JSON.stringify(path);
}

/** The path that {@link branchKey} wrote. */
export function branchPath(key: string): readonly string[] {
  return key === "" ? [] : (JSON.parse(key) as string[]);
}
