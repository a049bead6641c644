import type { Database } from "../database";
import { query } from "../queries";

/** Who may make tables in a schema. */
interface SchemaRights {
  readonly there: boolean;
  /** The connected role. */
  readonly role: string;
  /** Whether the connected role may. */
  readonly creates: boolean;
  /** Whether tables of the owner may be there. */
  readonly ownerCreates: boolean;
}

/** @param owner whom the tables are to belong to; undefined: the connected role */
export async function readSchemaRights(
  database: Database,
  schema: string,
  owner: string | undefined,
): Promise<SchemaRights> {
  const [row] = await database.read(query("schema-rights"), [schema, owner ?? null]);
  return {
    there: row?.["there"] === true,
    role: String(row?.["role"]),
    creates: row?.["creates"] === true,
    ownerCreates: row?.["owner_creates"] === true,
  };
}
