import { CAPTURE_TRIGGERS } from "../../core/conversion/between/capture";
import type { PairRelation } from "../../core/conversion/between/pair";
import { quoteQualified } from "../../core/names/identifier";
import type { TableName } from "../../core/names/table-name";
import type { Database } from "../database";

/**
 * Lists the partitions, at any depth, and those that were detached while their changes were captured: the trigger of TRUNCATE is still on
 * them. None, if the table is gone or not partitioned.
 *
 * @param pending table of the pending keys, whose name the function of the capture has
 */
export async function listLeaves(
  database: Database,
  { schema, table }: TableName,
  pending: string,
): Promise<PairRelation[]> {
  const rows = await database.read(
    `with recursive tree (oid) as (
       select i.inhrelid from pg_inherits i join pg_class c on c.oid = i.inhparent join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $1 and c.relname = $2
       union all select i.inhrelid from pg_inherits i join tree on tree.oid = i.inhparent
     ), captured (oid) as (
       select t.tgrelid from pg_trigger t where t.tgname = $3 and t.tgfoid = to_regprocedure($4)
     )
     select n.nspname as schema, c.relname as name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.oid in (select oid from tree union select oid from captured) and not (n.nspname = $1 and c.relname = $2)
     order by 1, 2`,
    [schema, table, CAPTURE_TRIGGERS.emptied, `${quoteQualified(schema, pending)}()`],
  );
  return rows.map((row) => ({ schema: String(row["schema"]), name: String(row["name"]) }));
}
