import type { GridSegment } from "../time/grid";
import type { LevelsSpec } from "../levels/levels";
import type { Problem } from "../problem";
import { keyTemplateProblem } from "./key-template";

export const ARCHIVE_FORMATS = ["parquet", "csv"] as const;
export type ArchiveFormat = (typeof ARCHIVE_FORMATS)[number];

/** Formats of objects, and the rows of an archive table. */
export const ARCHIVE_ENCODINGS = [...ARCHIVE_FORMATS, "rows"] as const;
export type ArchiveEncoding = (typeof ARCHIVE_ENCODINGS)[number];

/** Extensions by which the server itself writes the parts. */
export const SERVER_METHODS = ["aws_s3", "pg_parquet"] as const;
export type ServerMethod = (typeof SERVER_METHODS)[number];

/** Who writes the parts: this product, or the server by an extension of its own. */
export const EXPORT_METHODS = ["client", ...SERVER_METHODS] as const;
export type ExportMethod = (typeof EXPORT_METHODS)[number];

/** What the parts of an archive are, and how they are called. */
export interface PartSettings {
  readonly format: ArchiveEncoding;
  /** Undefined: this product writes them. */
  readonly method?: ServerMethod;
  /** Template of the keys; undefined: the layout of Hive. */
  readonly keys?: string;
}

/** What part of a declared archive they are read from. */
interface Declared {
  readonly to: string;
  readonly format?: ArchiveFormat;
  readonly method?: ExportMethod;
  readonly keys?: string;
  readonly storageClass?: unknown;
  readonly objectLock?: unknown;
}

/** How names of parts end, without the first dot. */
export function extensionOf({ format, method }: Pick<PartSettings, "format" | "method">): string {
  if (format !== "csv") return format;
  return method === "aws_s3" ? "csv" : "csv.zst";
}

/** Reads format, method and keys of a table's archive, each at its place below `archive`. */
export function parseParts(
  declared: Declared,
  table: { readonly grid: readonly GridSegment[]; readonly levels: LevelsSpec },
  problems: Problem[],
): PartSettings {
  const method = declared.method === "client" ? undefined : declared.method;
  const format = declared.format ?? (method === "aws_s3" ? "csv" : "parquet");
  if (method === "aws_s3") checkAwsS3(declared, problems);
  if (method === "pg_parquet" && format !== "parquet")
    problems.push({
      path: "archive.format",
      code: "invalid-value",
      message: "pg_parquet writes Parquet alone.",
      fix: 'Set format: "parquet", or remove the method.',
    });
  const { keys } = declared;
  if (keys !== undefined) {
    const segments = [table.grid, ...table.levels.overrides.map(({ grid }) => grid)].flat();
    const shape = { periods: segments.map(({ every }) => every), branched: table.levels.above.length > 0 };
    const problem = keyTemplateProblem(keys, extensionOf({ format, ...(method && { method }) }), shape);
    if (problem) problems.push({ path: "archive.keys", code: "invalid-value", ...problem });
  }
  return { format, ...(method && { method }), ...(keys !== undefined && { keys }) };
}

/** What aws_s3 cannot do. */
function checkAwsS3(declared: Declared, problems: Problem[]): void {
  const refuse = (name: string, message: string, fix: string): void =>
    void problems.push({ path: `archive.${name}`, code: "invalid-value", message, fix });
  if (!declared.to.startsWith("s3://"))
    refuse("method", "aws_s3 writes into a bucket.", 'Give archive.to as "s3://bucket/prefix", or remove the method.');
  if (declared.format === "parquet")
    refuse("format", "aws_s3 writes no Parquet.", 'Set format: "csv", or remove the method.');
  for (const name of ["storageClass", "objectLock"] as const)
    if (declared[name] !== undefined)
      refuse(
        name,
        "aws_s3 cannot say it of an object that it writes.",
        "Remove it, and set it as the bucket's own: its lock by default, a rule of its lifecycle.",
      );
}
