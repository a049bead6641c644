import { FORMER_TRIGGER } from "../../core/conversion/copy/swap-copy";
import type { FormerTable } from "../../core/conversion/former/former-table";
import type { Database } from "../database";
import { query } from "../queries";

/** Reads a former table by its oid, whatever it is called now. Undefined: it is gone. */
export async function readFormerTable(database: Database, oid: string): Promise<FormerTable | undefined> {
  const [row] = await database.read(query("conversion/former-table"), [oid, FORMER_TRIGGER]);
  if (!row) return undefined;
  const rows = row["rows"] ?? undefined;
  return {
    oid,
    schema: String(row["schema"]),
    name: String(row["name"]),
    rows: rows === undefined ? undefined : Number(rows),
    bytes: Number(row["bytes"]),
    refusal: typeof row["refusal"] === "string" ? row["refusal"] : undefined,
    // The query makes them lists of texts.
    parents: row["parents"] as readonly string[],
    references: row["references"] as readonly string[],
  };
}
