import type { ResolvedType } from "../../core/table/alter/types";
import type { Database } from "../database";
import { query } from "../queries";
import { sqlState } from "../connect/sqlstate";

/** Returns the meaning of type names on this server. Sends no query without a name. */
export async function resolveTypes(database: Database, names: readonly string[]): Promise<ResolvedType[]> {
  if (names.length === 0) return [];
  const rows = await database.read(query("resolve-types"), [names]).catch((error: unknown) => {
    // PostgreSQL 15 reports a text that is no type name as an error; CREATE TABLE explains it better.
    if (sqlState(error) !== "42601") throw error;
    return [];
  });
  return rows.map((row) => ({
    declared: String(row["declared"]),
    type: typeof row["type"] === "string" && row["type"] !== "-" ? row["type"] : undefined,
    elsewhere: (row["elsewhere"] as readonly string[] | null) ?? [],
  }));
}
