import { quoteQualified } from "../core/names/identifier";
import type { Database } from "./database";
import { sqlState } from "./sqlstate";

/** More conditions at once than one statement should have. */
const MOST_CONDITIONS = 500;

/** Rows of a table in all, and of each condition, by one reading. Undefined: we may not, or it takes too long. */
export async function countRows(
  database: Database,
  table: { readonly schema: string; readonly name: string },
  conditions: readonly string[],
): Promise<{ readonly total: number; readonly rows: readonly number[] } | undefined> {
  const filters = conditions.slice(0, MOST_CONDITIONS).map((condition) => `count(*) filter (where ${condition})`);
  const text = `select count(*)::text as total, array[${filters.join(", ")}]::text[] as rows from only ${quoteQualified(table.schema, table.name)}`;
  try {
    const [row] = await database.read(text);
    return { total: Number(row?.["total"]), rows: (row?.["rows"] as readonly string[]).map(Number) };
  } catch (error) {
    if (!["42501", "55P03", "57014"].includes(sqlState(error) ?? "")) throw error;
    return undefined;
  }
}
