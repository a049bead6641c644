// What DuckDB is told where an archive is PostgreSQL's own CSV: text to a compressed file, and the file to the same text.
import { quoteLiteral } from "../../names/identifier";
import type { ParquetColumn } from "./columns";
import { COPY_FORM, type EncodeRequest, textRows } from "./parquet-sql";

/** The line before the rows: the names of the table's columns, in quotes as its values are. */
export function csvHeader(columns: readonly Pick<ParquetColumn, "name">[]): string {
  return `${columns.map(({ name }) => `"${name.replaceAll('"', '""')}"`).join(",")}\n`;
}

/** The same in a file without compression, as an earlier version left them: names alone that would be read otherwise are in quotes. */
export function serverHeader(names: readonly string[]): string {
  const quoted = (name: string): boolean => /[",\n\r]/.test(name) || name === "\\.";
  return `${names.map((name) => (quoted(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(",")}\n`;
}

/** Texts to one compressed file, of the same bytes. The first text is the header, which is counted among the rows. */
export function compressStatement({ columns, texts, target, longestRow }: EncodeRequest): string {
  return `COPY (${plain(columns, texts, longestRow)}) TO ${quoteLiteral(target)} (${COPY_FORM}, COMPRESSION zstd)`;
}

/** A compressed file to its text, header included. */
export function expandStatement(
  columns: readonly ParquetColumn[],
  file: string,
  longestRow: number,
  target: string,
): string {
  const rows = plain(columns, [file], longestRow, "header = false, compression = 'zstd'");
  return `COPY (${rows}) TO ${quoteLiteral(target)} (${COPY_FORM})`;
}

/** The longest row that any archive has, in bytes. */
export const LONGEST_ROW = 64_000_000;

function plain(columns: readonly ParquetColumn[], texts: readonly string[], longestRow: number, settings?: string) {
  return `SELECT ${columns.map((_, index) => `t${index}`).join(", ")} FROM ${textRows(columns, texts, longestRow, settings)}`;
}
