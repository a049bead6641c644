import type { Database } from "../database";
import { query } from "../queries";

/** Type that is not built in, and the statement that creates it. */
interface ColumnType {
  readonly name: string;
  readonly definition: string;
}

export async function readColumnTypes(database: Database, oid: string): Promise<ColumnType[]> {
  const rows = await database.read(query("rows/column-types"), [oid]);
  return rows.map((row) => ({ name: String(row["name"]), definition: String(row["definition"]) }));
}

/** Returns the types that the database lacks. */
export async function listMissingTypes(database: Database, types: readonly ColumnType[]): Promise<ColumnType[]> {
  if (types.length === 0) return [];
  const rows = await database.read("select t.name from unnest($1::text[]) t (name) where to_regtype(t.name) is null", [
    types.map(({ name }) => name),
  ]);
  const missing = new Set(rows.map((row) => String(row["name"])));
  return types.filter(({ name }) => missing.has(name));
}
