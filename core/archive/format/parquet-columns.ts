import { z } from "zod";
import { chooseForm, mayLoseText, type SourceType } from "./parquet-forms";

/** A column of the table, as the catalogue describes it. */
export interface SourceColumn extends SourceType {
  readonly name: string;
  /** pg_type.typcategory. */
  readonly category: string;
}

/** Format of an exported column: everything needed to read a part again, as data. */
export const parquetColumnSchema = z.object({
  /** In the table. */
  name: z.string().min(1),
  /** In the table, as format_type prints it. */
  type: z.string().min(1),
  /** In the file. */
  column: z.string().min(1),
  /** In the file, as DuckDB writes the type. */
  form: z
    .string()
    .regex(
      /^(SMALLINT|INTEGER|BIGINT|BOOLEAN|FLOAT|DOUBLE|DATE|TIMESTAMP|TIMESTAMPTZ|BLOB|VARCHAR|DECIMAL\(\d+,\d+\))$/,
    ),
  /** The column next to it with PostgreSQL's text, in rows whose text the form does not reproduce. */
  text: z.string().optional(),
});

export type ParquetColumn = Readonly<z.infer<typeof parquetColumnSchema>>;

/**
 * Names of an archive's folders, which readers of the Hive layout turn into columns: a table column of that name would be hidden.
 * The last is DuckDB's, used to read a file in pieces.
 */
const RESERVED = ["table", "branch", "from", "gen", "file_row_number"];

/**
 * Returns the format of a table's columns, in their order. Names are retained if possible; readers do not distinguish "A" from
 * "a", so the second becomes "a_2". The same columns always give the same result.
 */
export function chooseParquetColumns(columns: readonly SourceColumn[]): ParquetColumn[] {
  if (columns.length === 0)
    throw new RangeError("a table without columns has no text to archive: a Parquet file has at least one column");
  const names = new Names([...RESERVED, ...columns.map(({ name }) => name)]);
  const kept = new Set(RESERVED);
  const own = columns.map(({ name }) => {
    const lower = name.toLowerCase();
    if (kept.has(lower)) return names.reserveName(name);
    kept.add(lower);
    return name;
  });
  return columns.map((source, index) => {
    const { name, type } = source;
    const column = own[index] ?? name;
    const form = chooseForm(source);
    return { name, type, column, form, ...(mayLoseText(form) && { text: names.reserveName(`${column}__text`, true) }) };
  });
}

/** Names in use, whatever their case. */
class Names {
  private readonly taken: Set<string>;

  constructor(names: readonly string[]) {
    this.taken = new Set(names.map((name) => name.toLowerCase()));
  }

  /** Returns the name itself if allowed, or with the lowest number that makes it unique. */
  reserveName(name: string, itself = false): string {
    let candidate = name;
    for (let count = itself ? 1 : 2; ; count += 1) {
      candidate = count === 1 ? name : `${name}_${count}`;
      if (!this.taken.has(candidate.toLowerCase())) break;
    }
    this.taken.add(candidate.toLowerCase());
    return candidate;
  }
}
