import { quote } from "../../core/names/identifier";
import type { Database } from "../database";

/** Table that holds rows itself: they are read in parts, between two row positions each. */
export interface RelationFacts {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** File of the rows: another one means that they have moved, so earlier positions are void. */
  readonly filenode: string;
  readonly blocks: number;
}

/** Table, with the sizes by which its parts are planned. */
export interface SizedRelation extends RelationFacts {
  /** With TOAST, without indexes. */
  readonly bytes: number;
  /** Estimate. */
  readonly rows: number | null;
}

/** Returns the table with this oid, or its partitions that hold rows. */
export async function readRelations(database: Database, oid: string): Promise<RelationFacts[]> {
  const rows = await database.read(
    `select c.oid::text as oid, n.nspname as schema, c.relname as name, pg_relation_filenode(c.oid)::text as filenode,
  pg_relation_size(c.oid) / current_setting('block_size')::bigint as blocks
from ${quote(database.managementSchema)}.table_and_parts($1::oid) t (oid)
join pg_class c on c.oid = t.oid and c.relkind = 'r' join pg_namespace n on n.oid = c.relnamespace order by c.oid`,
    [oid],
  );
  return rows.map((row) => ({
    oid: String(row["oid"]),
    schema: String(row["schema"]),
    name: String(row["name"]),
    filenode: String(row["filenode"]),
    blocks: Number(row["blocks"]),
  }));
}
