import { type PairRelation, quoteRelationOf } from "../core/conversion/between/pair";
import type { Database } from "../postgres/database";

/** Returns the number of blocks of a relation at this moment. */
export async function countBlocks(database: Database, relation: PairRelation): Promise<number> {
  const rows = await database.read(
    "select (pg_relation_size($1::regclass) / current_setting('block_size')::bigint)::text as blocks",
    [quoteRelationOf(relation)],
  );
  return Number(rows[0]?.["blocks"] ?? 0);
}
