import { COPY_SETTINGS } from "../core/archive/copy-settings";
import { quote, quoteQualified } from "../core/names/identifier";
import type { Database } from "./database";
import { query } from "./queries";

/** A column as an archive has to know it. */
export interface ArchiveColumn {
  readonly name: string;
  /** As format_type prints it. */
  readonly type: string;
  /** pg_type.typtype. */
  readonly kind: string;
  /** pg_type.typcategory. */
  readonly category: string;
  /** Of a domain: the type below it. */
  readonly base?: string;
  readonly collation?: string;
  readonly notNull: boolean;
  readonly generated: boolean;
}

/** A type that is not PostgreSQL's own, and the statement that makes it. */
export interface ArchiveType {
  readonly name: string;
  readonly definition: string;
}

export async function readArchiveColumns(database: Database, oid: string): Promise<ArchiveColumn[]> {
  const rows = await database.read(query("archive-columns"), [oid]);
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

export async function readArchiveTypes(database: Database, oid: string): Promise<ArchiveType[]> {
  const rows = await database.read(query("archive-types"), [oid]);
  return rows.map((row) => ({ name: String(row["name"]), definition: String(row["definition"]) }));
}

/** Rows of a table, and the least and greatest value of its key as the server prints them. Reads the whole table. */
export async function countArchived(
  database: Database,
  table: { readonly schema: string; readonly name: string },
  key: Pick<ArchiveColumn, "name" | "type">,
): Promise<{ readonly rows: number; readonly keys?: { readonly min: string; readonly max: string } }> {
  // Before PostgreSQL 18 there is no least UUID; as text those of one version sort alike.
  const value = key.type === "uuid" ? `${quote(key.name)}::text` : quote(key.name);
  const rows = await database.readLong(
    `select count(*)::text as rows, min(${value})::text as min, max(${value})::text as max from ${quoteQualified(table.schema, table.name)}`,
    [],
    { ...COPY_SETTINGS, row_security: "off" },
  );
  const { rows: count, min, max } = rows[0] ?? {};
  return {
    rows: Number(count),
    ...(typeof min === "string" && typeof max === "string" ? { keys: { min, max } } : {}),
  };
}
