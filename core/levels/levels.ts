import type { GridSegment } from "../time/grid";
import type { ParsedSpan } from "../time/span";

/** Levels of a table other than its time level, after validation. A table that is partitioned by time alone has none. */
export interface LevelsSpec {
  /** Outermost first. */
  readonly above: readonly BranchLevel[];
  readonly below: readonly HashLevel[];
  /** The first override that matches the values of a branch applies. */
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
  /** True if a trigger creates the branches of new values at once. */
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

/** Strategy and column of the table's first level. */
export interface RootLevel {
  readonly strategy: "range" | "list" | "hash";
  readonly column: string;
}

/** The direct parent of time partitions: the table itself, or a branch below its levels. */
export interface BranchRef {
  readonly schema: string;
  readonly name: string;
  /** Values from the outermost level on; empty for the table itself. */
  readonly path: readonly string[];
}

/** Returns one text for each path, by which the ledger identifies a branch regardless of its name. Empty for the table itself. */
export function encodeBranchPath(path: readonly string[]): string {
  return path.length === 0 ? "" : JSON.stringify(path);
}

/** Reads a path that {@link encodeBranchPath} wrote. */
export function decodeBranchPath(key: string): readonly string[] {
  return key === "" ? [] : (JSON.parse(key) as string[]);
}
