import type { Database } from "../database";
import { query } from "../queries";

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
