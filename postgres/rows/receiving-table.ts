import type { Database } from "../database";

/** Returns true if a relation of this name exists. */
export async function hasTable(
  database: Database,
  table: { readonly schema: string; readonly name: string },
): Promise<boolean> {
  const rows = await database.read(
    "select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2",
    [table.schema, table.name],
  );
  return rows.length > 0;
}

/** Returns true if row-level security hides rows of a table from its owner too. */
export async function readForcedSecurity(
  database: Database,
  table: { readonly schema: string; readonly name: string },
): Promise<boolean> {
  const rows = await database.read(
    "select c.relforcerowsecurity as forced from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2",
    [table.schema, table.name],
  );
  return rows[0]?.["forced"] === true;
}
