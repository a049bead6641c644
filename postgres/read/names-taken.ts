import type { TakenName } from "../../core/schedule/aliases";
import type { Database } from "../database";
import { query } from "../queries";

/** Returns functions and relations of a schema that have one of these names. */
export async function readTakenNames(
  database: Database,
  schema: string,
  names: readonly string[],
): Promise<TakenName[]> {
  const rows = await database.read(query("registry/names-taken"), [schema, names]);
  return rows.map((row) => ({
    kind: row["kind"] === "function" ? "function" : "relation",
    name: String(row["name"]),
    arguments: String(row["arguments"]),
  }));
}
