import type { Database } from "../database";
import { query } from "../queries";

/**
 * Lists tables partitioned by range, themselves or in a branch, that the connected role may manage, in the order of their names.
 */
export async function listPartitionedTables(database: Database): Promise<{ schema: string; table: string }[]> {
  const rows = await database.read(query("partitioned-tables"));
  return rows.map((row) => ({ schema: String(row["schema"]), table: String(row["table"]) }));
}

interface ListedMember {
  readonly schema: string;
  readonly table: string;
  readonly publication: string;
}

/** Lists memberships of the partitioned tables that the connected role may manage, in the order of their names. */
export async function listPublicationMembers(database: Database): Promise<ListedMember[]> {
  const rows = await database.read(query("publication-members"));
  return rows.map((row) => ({
    schema: String(row["schema"]),
    table: String(row["table"]),
    publication: String(row["publication"]),
  }));
}

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
