import type { TakenName } from "../../core/schedule/aliases";
import type { Database } from "../database";
import { query } from "../queries";

/** Returns functions and relations that have one of these names. */
export async function readTakenNames(
  database: Database,
  asked: readonly { readonly schema: string; readonly name: string }[],
): Promise<TakenName[]> {
  const rows = await database.read(query("registry/names-taken"), [
    asked.map(({ schema }) => schema),
    asked.map(({ name }) => name),
  ]);
  return rows.map((row) => ({
    kind: row["kind"] === "function" ? "function" : "relation",
    schema: String(row["schema"]),
    name: String(row["name"]),
    arguments: String(row["arguments"]),
  }));
}
