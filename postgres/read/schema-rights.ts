import type { Database } from "../database";
import { query } from "../queries";

/** Rights to create tables in a schema. */
interface SchemaRights {
  readonly there: boolean;
  /** Connected role. */
  readonly role: string;
  /** True if the connected role may create tables. */
  readonly creates: boolean;
  /** True if tables of the owner may be there. */
  readonly ownerCreates: boolean;
}

/** @param owner future owner of the tables; undefined: the connected role */
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
