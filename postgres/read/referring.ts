import { quote, quoteQualified } from "../../core/names/identifier";
import { COUNTED_REFERRING_ROWS, type Referring, type ReferringRows } from "../../core/plan/retire/referring";
import type { Database } from "../database";
import { query } from "../queries";
import { getSqlState } from "../connect/sqlstate";

interface KeyRow {
  readonly oid: string;
  readonly partition_schema: string;
  readonly partition: string;
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly columns: readonly string[];
  readonly referenced: readonly string[];
}

/**
 * Counts the rows that refer to each of the relations, by the oid of the relation, except those in partitions that are `leaving`
 * before them. One query if nothing refers to any.
 */
export async function readReferring(
  database: Database,
  oids: readonly string[],
  leaving: readonly string[] = [],
): Promise<ReferringRows> {
  const found = new Map<string, Referring[]>();
  if (oids.length === 0) return found;
  // The query names the columns of KeyRow.
  const keys = (await database.read(query("referring-keys"), [oids])) as unknown as readonly KeyRow[];
  for (const key of keys) {
    const counted = await countReferring(database, key, leaving);
    if (counted) found.set(key.oid, [...(found.get(key.oid) ?? []), counted]);
  }
  return found;
}

/** Counts for one key; undefined: the role cannot read that table, and the server checks itself at the detach. */
async function countReferring(
  database: Database,
  key: KeyRow,
  leaving: readonly string[],
): Promise<Referring | undefined> {
  const relation = { schema: key.schema, name: key.table };
  const says = { table: `${key.schema}.${key.table}`, relation, key: key.name };
  try {
    const [row] = await database.read(countText(key), [leaving]);
    return { ...says, rows: Number(row?.["rows"]) };
  } catch (error) {
    const state = getSqlState(error);
    if (state === INSUFFICIENT_PRIVILEGE || state === UNDEFINED_FUNCTION) return undefined;
    if (state === QUERY_CANCELED || state === LOCK_NOT_AVAILABLE) return { ...says, rows: undefined };
    throw error;
  }
}

const INSUFFICIENT_PRIVILEGE = "42501";
/** A type of another schema, whose operator is not on the search_path. */
const UNDEFINED_FUNCTION = "42883";
const QUERY_CANCELED = "57014";
const LOCK_NOT_AVAILABLE = "55P03";

function countText(key: KeyRow): string {
  const pairs = key.columns.map((column, index) => {
    const other = key.referenced[index];
    if (other === undefined) throw new RangeError(`the foreign key "${key.name}" lacks a referenced column`);
    return `f.${quote(column)} = l.${quote(other)}`;
  });
  const join = `${quoteQualified(key.schema, key.table)} f join ${quoteQualified(key.partition_schema, key.partition)} l on ${pairs.join(" and ")}`;
  // A leaving partition holds its rows itself, or its partitions do.
  const leavingOids =
    "select o from unnest($1::oid[]) o union all select p.relid::oid from unnest($1::oid[]) o, pg_partition_tree(o) p";
  return `select count(*) as rows from (select 1 from ${join} where f.tableoid not in (${leavingOids}) limit ${COUNTED_REFERRING_ROWS + 1}) counted`;
}
