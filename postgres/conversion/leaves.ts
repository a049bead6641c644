import type { PairRelation } from "../../core/conversion/between/pair";
import type { TableName } from "../../core/names/table-name";
import type { Database } from "../database";

/** Lists the partitions, at any depth; none, if the table is gone or not partitioned. */
export async function listLeaves(database: Database, { schema, table }: TableName): Promise<PairRelation[]> {
  const rows = await database.read(
    `with recursive tree (oid) as (
       select i.inhrelid from pg_inherits i join pg_class c on c.oid = i.inhparent join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $1 and c.relname = $2
       union all select i.inhrelid from pg_inherits i join tree on tree.oid = i.inhparent
     )
     select n.nspname as schema, c.relname as name from tree join pg_class c on c.oid = tree.oid join pg_namespace n on n.oid = c.relnamespace order by 1, 2`,
    [schema, table],
  );
  return rows.map((row) => ({ schema: String(row["schema"]), name: String(row["name"]) }));
}
