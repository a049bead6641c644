import { COPY_SETTINGS } from "../../core/rows/copy-settings";
import { quote, quoteQualified } from "../../core/names/identifier";
import type { Database } from "../database";
import type { RowColumn } from "./read-columns";

/**
 * Returns the number of rows of a table, and the least and greatest value of its key as the server prints them. Reads the whole
 * table.
 */
export async function countWithKeys(
  database: Database,
  table: { readonly schema: string; readonly name: string },
  key: Pick<RowColumn, "name" | "type">,
): Promise<{ readonly rows: number; readonly keys?: { readonly min: string; readonly max: string } }> {
  // Before PostgreSQL 18 min(uuid) does not exist; as text, UUIDs of one version sort alike.
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

/** Runs a count; its time grows with the table, and rows that a policy would hide are an error. */
export async function countAll(database: Database, sql: string): Promise<number> {
  const rows = await database.readLong(sql, [], { row_security: "off" });
  return Number(rows[0]?.["count"]);
}
