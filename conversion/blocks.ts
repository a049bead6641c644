import { quoteQualified } from "../core/names/identifier";
import { type Pair, type PairRelation, quoteRelationOf } from "../core/conversion/between/pair";
import type { HeapDetail } from "../postgres/conversion/copy-detail";
import type { CopyRecord } from "../postgres/conversion/journal";
import type { Database } from "../postgres/database";

/** Lists the files that have the rows of a relation at this moment: its own, or those of its partitions. */
export async function listHeaps(database: Database, { source, partitioned }: Pair): Promise<HeapDetail[]> {
  const files = partitioned
    ? "select t.relid from pg_partition_tree($1::regclass) t where t.isleaf"
    : "select $1::regclass::oid as relid";
  const rows = await database.read(
    `select f.relid::oid::text as oid, (pg_relation_size(f.relid) / current_setting('block_size')::bigint)::text as blocks
     from (${files}) f order by f.relid::oid`,
    [quoteRelationOf(source)],
  );
  return rows.map((row) => ({ oid: String(row["oid"]), blocks: Number(row["blocks"]) }));
}

/** Blocks of one file, and how far the copy is after them. */
interface HeapBlocks {
  /** Undefined: it is no part of the table any more, and has nothing to copy. */
  readonly heap: PairRelation | undefined;
  readonly first: number;
  readonly end: number;
  readonly next: number;
}

/**
 * Returns the blocks that come next: the files are counted as if they were one, in the order of the journal.
 *
 * @param most how many at most
 */
export async function locateBlocks(
  database: Database,
  { source, partitioned }: Pair,
  { detail: { heaps = [] }, endBlock = 0 }: Pick<CopyRecord, "detail" | "endBlock">,
  next: number,
  most: number,
): Promise<HeapBlocks> {
  if (!partitioned) {
    const end = Math.min(endBlock, next + most);
    return { heap: source, first: next, end, next: end };
  }
  let start = 0;
  for (const { oid, blocks } of heaps) {
    if (next < start + blocks) {
      const heap = await findPart(database, source, oid);
      const end = heap ? Math.min(blocks, next - start + most) : blocks;
      return { heap, first: next - start, end, next: start + end };
    }
    start += blocks;
  }
  return { heap: undefined, first: 0, end: 0, next: endBlock };
}

/** Finds a partition, at any depth, by its oid: it may have another name by now, or have left the table. */
async function findPart(
  database: Database,
  { schema, name }: PairRelation,
  oid: string,
): Promise<PairRelation | undefined> {
  const [row] = await database.read(
    `select n.nspname as schema, c.relname as name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.oid = $2::oid and c.oid in (select relid from pg_partition_tree($1::regclass))`,
    [quoteQualified(schema, name), oid],
  );
  return row && { schema: String(row["schema"]), name: String(row["name"]) };
}
