export const ARCHIVE_FORMATS = ["parquet", "csv"] as const;

/** Formats of objects, and the rows of an archive table. */
export const ARCHIVE_ENCODINGS = [...ARCHIVE_FORMATS, "rows"] as const;
export type ArchiveEncoding = (typeof ARCHIVE_ENCODINGS)[number];

/** Returns the file extension of parts, without the first dot. */
export function getExtension(format: ArchiveEncoding): string {
  return format === "csv" ? "csv.zst" : format;
}
