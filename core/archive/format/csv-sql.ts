// DuckDB statements for archives in PostgreSQL's own CSV: text to a compressed file, and the file to the same text.
import { quoteLiteral } from "../../names/identifier";
import type { ParquetColumn } from "./parquet-columns";
import { COPY_FORM, type EncodeRequest, buildTextRowsSource } from "./parquet-sql";

/** Returns the header line: the names of the table's columns, quoted as its values are. */
export function formatCsvHeader(columns: readonly Pick<ParquetColumn, "name">[]): string {
  return `${columns.map(({ name }) => `"${name.replaceAll('"', '""')}"`).join(",")}\n`;
}

/** Returns the header of an uncompressed file of an earlier version: only names that would otherwise be misread are quoted. */
export function formatServerHeader(names: readonly string[]): string {
  const needsQuotes = (name: string): boolean => /[",\n\r]/.test(name) || name === "\\.";
  return `${names.map((name) => (needsQuotes(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(",")}\n`;
}

/** Writes texts to one compressed file of the same bytes. The first text is the header, which is counted among the rows. */
export function compressStatement({ columns, texts, target, longestRow }: EncodeRequest): string {
  return `COPY (${buildTextSelect(columns, texts, longestRow)}) TO ${quoteLiteral(target)} (${COPY_FORM}, COMPRESSION zstd)`;
}

/** Writes a compressed file to its text, header included. */
export function expandStatement(
  columns: readonly ParquetColumn[],
  file: string,
  longestRow: number,
  target: string,
): string {
  const rows = buildTextSelect(columns, [file], longestRow, "header = false, compression = 'zstd'");
  return `COPY (${rows}) TO ${quoteLiteral(target)} (${COPY_FORM})`;
}

/** Longest row of any archive, in bytes. */
export const LONGEST_ROW = 64_000_000;

function buildTextSelect(
  columns: readonly ParquetColumn[],
  texts: readonly string[],
  longestRow: number,
  settings?: string,
) {
  return `SELECT ${columns.map((_, index) => `t${index}`).join(", ")} FROM ${buildTextRowsSource(columns, texts, longestRow, settings)}`;
}
