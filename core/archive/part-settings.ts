import type { GridSegment } from "../time/grid";
import type { LevelsSpec } from "../levels/levels";
import type { Problem } from "../problem";
import { keyTemplateProblem } from "./key-template";

export const ARCHIVE_FORMATS = ["parquet", "csv"] as const;
export type ArchiveFormat = (typeof ARCHIVE_FORMATS)[number];

/** Formats of objects, and the rows of an archive table. */
export const ARCHIVE_ENCODINGS = [...ARCHIVE_FORMATS, "rows"] as const;
export type ArchiveEncoding = (typeof ARCHIVE_ENCODINGS)[number];

/** What the parts of an archive are, and how they are called. */
export interface PartSettings {
  readonly format: ArchiveEncoding;
  /** Template of the keys; undefined: the layout of Hive. */
  readonly keys?: string;
}

/** What part of a declared archive they are read from. */
interface Declared {
  readonly format?: ArchiveFormat;
  readonly keys?: string;
}

/** How names of parts end, without the first dot. */
export function extensionOf(format: ArchiveEncoding): string {
  return format === "csv" ? "csv.zst" : format;
}

/** Reads format and keys of a table's archive, each at its place below `archive`. */
export function parseParts(
  declared: Declared,
  table: { readonly grid: readonly GridSegment[]; readonly levels: LevelsSpec },
  problems: Problem[],
): PartSettings {
  const { format = "parquet", keys } = declared;
  if (keys !== undefined) {
    const segments = [table.grid, ...table.levels.overrides.map(({ grid }) => grid)].flat();
    const shape = { periods: segments.map(({ every }) => every), branched: table.levels.above.length > 0 };
    const problem = keyTemplateProblem(keys, extensionOf(format), shape);
    if (problem) problems.push({ path: "archive.keys", code: "invalid-value", ...problem });
  }
  return { format, ...(keys !== undefined && { keys }) };
}
