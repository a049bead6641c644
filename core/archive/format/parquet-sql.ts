// DuckDB statements: text of a COPY to a Parquet file, and rows of that file to the same text. Pure text, no data in it.
import { quote, quoteLiteral } from "../../names/identifier";
import type { ParquetColumn } from "./parquet-columns";

/** Options to read the text of a COPY: quoted text is a value, and nothing is guessed. */
const CSV =
  `auto_detect = false, delim = ',', quote = '"', escape = '"', new_line = '\\n', nullstr = '', ` +
  // With parallel reading a value with line breaks may be taken for rows (measured, 1.5.6).
  `allow_quoted_nulls = false, parallel = false`;

/** The file exists, with a mode that DuckDB would not give it: no temporary file is written and renamed. */
const IN_PLACE = "USE_TMP_FILE false";

/** Options to write the text of a COPY: byte for byte as PostgreSQL does with FORCE_QUOTE *. */
export const COPY_FORM = `FORMAT csv, ${IN_PLACE}, HEADER false, FORCE_QUOTE *, QUOTE '"', ESCAPE '"', DELIMITER ',', NULLSTR ''`;

export interface EncodeRequest {
  readonly columns: readonly ParquetColumn[];
  /** Files of whole rows, in order. */
  readonly texts: readonly string[];
  readonly target: string;
  /** Longest row, in bytes of text. */
  readonly longestRow: number;
}

/** A row is contiguous in memory, twice at buffer edges. */
const LEAST_BUFFER_BYTES = 4 << 20;

/** Rows of a row group: DuckDB's default. */
const GROUP_ROWS = 122_880;

/** A row group is in memory until it is written. Long rows are written sooner: each is copied several times. */
const GROUP_BYTES = 48 << 20;
const GROUP_BYTES_OF_LONG_ROWS = 16 << 20;
const LONG_ROW_BYTES = 256 << 10;
/** Each column has its own buffers: 50 of them took 300 MB of the whole process with the group of narrow rows (measured). */
const GROUP_BYTES_OF_WIDE_ROWS = 24 << 20;
const WIDE_COLUMNS = 32;

function chooseGroupBytes(columns: number, longestRow: number): number {
  if (longestRow > LONG_ROW_BYTES) return GROUP_BYTES_OF_LONG_ROWS;
  return columns > WIDE_COLUMNS ? GROUP_BYTES_OF_WIDE_ROWS : GROUP_BYTES;
}

/** Writes texts to a Parquet file. The result of the statement is the number of rows. */
export function encodeStatement({ columns, texts, target, longestRow }: EncodeRequest): string {
  const groupBytes = chooseGroupBytes(columns.length, longestRow);
  return (
    `COPY (${buildTypedRowsQuery(columns, buildTextRowsSource(columns, texts, longestRow))}) ` +
    `TO ${quoteLiteral(target)} (FORMAT parquet, ${IN_PLACE}, COMPRESSION zstd, ROW_GROUP_SIZE ${GROUP_ROWS}, ROW_GROUP_SIZE_BYTES ${groupBytes})`
  );
}

/** Reads rows of texts of a COPY, as text: the columns are called t0, t1 and so on. `settings` are further ones of read_csv. */
export function buildTextRowsSource(
  columns: readonly ParquetColumn[],
  texts: readonly string[],
  longestRow: number,
  settings = "header = false",
): string {
  const buffer = Math.max(LEAST_BUFFER_BYTES, 2 * longestRow);
  const fields = columns.map((_, index) => `t${index}: 'VARCHAR'`).join(", ");
  return (
    `read_csv([${texts.map(quoteLiteral).join(", ")}], ${settings}, ${CSV}, ` +
    `buffer_size = ${buffer}, max_line_size = ${buffer - 1}, columns = {${fields}})`
  );
}

/** Reads such rows with the types and names that they have in a Parquet file. */
function buildTypedRowsQuery(columns: readonly ParquetColumn[], source: string): string {
  const parsed = columns.flatMap((column, index) => [`t${index}`, ...parse(column, index)]);
  return `SELECT ${columns.flatMap(buildOutputColumns).join(", ")} FROM (SELECT ${parsed.join(", ")} FROM ${source})`;
}

/** Writes rows of a Parquet file, from `first` up to but not including `end`, to the text of a COPY. */
export function decodeStatement(
  columns: readonly ParquetColumn[],
  file: string,
  rows: { readonly first: number; readonly end: number },
  target: string,
): string {
  const texts = columns.map((column, index) => `${buildText(column)} AS t${index}`);
  return (
    `COPY (SELECT ${texts.join(", ")} FROM read_parquet(${quoteLiteral(file)}, hive_partitioning = false, file_row_number = true) ` +
    `WHERE file_row_number >= ${rows.first} AND file_row_number < ${rows.end}) ` +
    `TO ${quoteLiteral(target)} (${COPY_FORM})`
  );
}

/** Returns one row for each row group of a file, in order: its number, rows, and uncompressed bytes. */
export function buildRowGroupsQuery(file: string): string {
  return (
    `SELECT row_group_id, any_value(row_group_num_rows), sum(total_uncompressed_size) ` +
    `FROM parquet_metadata(${quoteLiteral(file)}) GROUP BY row_group_id ORDER BY row_group_id`
  );
}

/** Returns the value, parsed once and used twice, if a text column may be needed. */
function parse({ form, text: beside, type }: ParquetColumn, index: number): string[] {
  if (beside === undefined) return [];
  const value = `TRY_CAST(t${index} AS ${form})`;
  return [`${limitToRange(form, type, value, `t${index}`)} AS v${index}`];
}

/** Limits values to years that all readers support and numbers that a double holds. Only literal infinities stay infinite. */
function limitToRange(form: string, type: string, value: string, input: string): string {
  if (form === "DATE") return `CASE WHEN ${value} BETWEEN '0001-01-01' AND '9999-12-31' THEN ${value} END`;
  if (form === "TIMESTAMP" || form === "TIMESTAMPTZ")
    return `CASE WHEN ${value} BETWEEN '0001-01-01 00:00:00' AND '9999-12-31 23:59:59.999999' THEN ${value} END`;
  if (form === "DOUBLE" && type !== "double precision")
    return `CASE WHEN NOT isinf(${value}) OR ${input} LIKE '%Infinity' THEN ${value} END`;
  return value;
}

/** Returns the output of one column: its form, and the text if the form does not reproduce it. */
function buildOutputColumns(column: ParquetColumn, index: number): string[] {
  const { column: name, form, text: beside } = column;
  const input = `t${index}`;
  if (beside === undefined) return [`${castExactly(form, input)} AS ${quote(name)}`];
  const value = `v${index}`;
  const float = form === "FLOAT" || form === "DOUBLE";
  // A Parquet dictionary has one entry for 0 and -0, whichever comes first: 0 is written, and -0 is a text.
  const same = `${print(form, value)} IS NOT DISTINCT FROM ${input}${float ? ` AND ${input} IS DISTINCT FROM '-0'` : ""}`;
  // The nearest number helps a reader. A date that prints differently is a different one, for example a year BC.
  const near = float ? `${value} + CAST(0 AS ${form})` : `CASE WHEN ${same} THEN ${value} END`;
  return [`${near} AS ${quote(name)}`, `CASE WHEN ${same} THEN NULL ELSE ${input} END AS ${quote(beside)}`];
}

function castExactly(form: string, input: string): string {
  if (form === "VARCHAR") return input;
  if (form === "BLOB") return `unhex(substr(${input}, 3))`;
  return `CAST(${input} AS ${form})`;
}

function buildText({ column, form, text: beside }: ParquetColumn): string {
  const printed = print(form, quote(column));
  return beside === undefined ? printed : `coalesce(${quote(beside)}, ${printed})`;
}

/** Prints a value as PostgreSQL does, except for rare ones. */
function print(form: string, value: string): string {
  switch (form) {
    case "VARCHAR":
      return value;
    case "BOOLEAN":
      return `CASE WHEN ${value} THEN 't' WHEN NOT ${value} THEN 'f' END`;
    case "BLOB":
      return `'\\x' || lower(hex(${value}))`;
    case "FLOAT":
    case "DOUBLE": {
      const printed = `CAST(${value} AS VARCHAR)`;
      return `CASE WHEN ends_with(${printed}, '.0') THEN left(${printed}, -2) ELSE ${printed} END`;
    }
    default:
      return `CAST(${value} AS VARCHAR)`;
  }
}
