import type { Database } from "../database";

interface Name {
  readonly schema: string;
  readonly table: string;
}

/** Returns the tables that do not exist. Works also in a schema that the role may not use. */
export async function readAbsentTables(database: Database, names: readonly Name[]): Promise<Name[]> {
  const rows = await database.read(
    `select w.schema, w.name as table
     from unnest($1::text[], $2::text[]) w (schema, name)
     where not exists (
       select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where n.nspname = w.schema and c.relname = w.name and c.relkind in ('r', 'p')
     )`,
    [names.map(({ schema }) => schema), names.map(({ table }) => table)],
  );
  return rows as unknown as Name[];
}
