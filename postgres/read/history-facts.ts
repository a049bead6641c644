import { fingerprintQuery } from "../../core/conversion/fingerprint";
import { quote, quoteList, quoteQualified } from "../../core/names/identifier";
import type { TableName } from "../../core/names/table-name";
import { getSqlState } from "../connect/sqlstate";
import type { Database } from "../database";

/** Size of a plain table, and its fingerprint. */
export interface HistoryFacts {
  readonly fingerprint: { readonly query: string; readonly answer: string };
  /** Estimate from the last ANALYZE; undefined: never. */
  readonly rows: number | undefined;
  /** Heap, indexes and toast. */
  readonly bytes: number;
}

/** Reads a fingerprint first: what is read about the table after it may be newer than it, but never older. */
export async function readHistoryFacts(database: Database, { schema, table }: TableName): Promise<HistoryFacts> {
  const query = fingerprintQuery(schema, table);
  const [row] = await database.read(
    `select (${query}) as fingerprint, case when c.reltuples >= 0 then c.reltuples end::bigint as rows,
            pg_total_relation_size(c.oid)::bigint as bytes
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = $2`,
    [schema, table],
  );
  const rows = row?.["rows"] ?? undefined;
  return {
    fingerprint: { query, answer: String(row?.["fingerprint"]) },
    rows: rows === undefined ? undefined : Number(rows),
    bytes: Number(row?.["bytes"] ?? 0),
  };
}

/**
 * True if a row does not belong to the history: at or after its end, or without a key. Reads the whole table where no index on the
 * key exists. False too where row security, forced on the owner, could hide rows: the validation of the CHECK, which no policy
 * limits, finds them.
 */
export async function hasRowsOutside(
  database: Database,
  { schema, table }: TableName,
  column: string,
  end: string,
): Promise<boolean> {
  const key = quote(column);
  const text = `select exists (select from ${quoteQualified(schema, table)} where ${key} >= ${end} or ${key} is null) as found`;
  try {
    // A row that a policy would hide is an error, and not left out.
    const rows = await database.readLong(text, [], { row_security: "off" });
    return rows[0]?.["found"] === true;
  } catch (error) {
    if (getSqlState(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    return false;
  }
}

const INSUFFICIENT_PRIVILEGE = "42501";

/** Counts rows at or after the end of the history, up to one more than `limit`. Reads only the partitions that have them. */
export async function countRowsFrom(
  database: Database,
  { schema, table }: TableName,
  column: string,
  end: string,
  limit: number,
): Promise<number> {
  const rows = await database.readLong(
    `select count(*)::int as rows
     from (select from ${quoteQualified(schema, table)} where ${quote(column)} >= ${end} limit ${limit + 1}) r`,
    [],
    { row_security: "off" },
  );
  return Number(rows[0]?.["rows"] ?? 0);
}

/**
 * Returns values of columns that several rows have, as `(id) = (7)`, at most `limit`. Reads the whole table; with `among`, a
 * condition, an index of it for each row that satisfies that.
 */
export async function listDoubled(
  database: Database,
  { schema, table }: TableName,
  columns: readonly string[],
  { among, limit }: { readonly among: string | undefined; readonly limit: number },
): Promise<string[]> {
  const list = quoteList(columns);
  const name = quoteQualified(schema, table);
  const only = among === undefined ? "" : ` where (${list}) in (select ${list} from ${name} where ${among})`;
  const values = columns.map((column) => `${quote(column)}::text`).join(", ");
  const rows = await database.readLong(
    `select format('(%s) = (%s)', $1::text, concat_ws(', ', ${values})) as said
     from ${name}${only} group by ${list} having count(*) > 1 order by ${list} limit ${limit}`,
    [columns.join(", ")],
    { row_security: "off" },
  );
  return rows.map((row) => String(row["said"]));
}
