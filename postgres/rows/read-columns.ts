import type { Database } from "../database";
import { query } from "../queries";

/** Column of a table whose rows are read. */
export interface RowColumn {
  readonly name: string;
  /** As format_type prints it. */
  readonly type: string;
  /** pg_type.typtype. */
  readonly kind: string;
  /** pg_type.typcategory. */
  readonly category: string;
  /** Of a domain: its base type. */
  readonly base?: string;
  readonly collation?: string;
  readonly notNull: boolean;
  readonly generated: boolean;
}

export async function readColumns(database: Database, oid: string): Promise<RowColumn[]> {
  const rows = await database.read(query("rows/columns"), [oid]);
  return rows.map((row) => ({
    name: String(row["name"]),
    type: String(row["type"]),
    kind: String(row["kind"]),
    category: String(row["category"]),
    ...(row["base"] === null ? {} : { base: String(row["base"]) }),
    ...(row["collation"] === null ? {} : { collation: String(row["collation"]) }),
    notNull: row["not_null"] === true,
    generated: row["generated"] === true,
  }));
}
