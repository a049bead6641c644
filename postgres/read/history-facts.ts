import { fingerprintQuery } from "../../core/conversion/fingerprint";
import { quote, quoteQualified } from "../../core/names/identifier";
import type { TableName } from "../../core/names/table-name";
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

/** True if a row is at or after the end of the history. Reads one entry of an index on the key, or without one the table. */
export async function hasRowsFrom(
  database: Database,
  { schema, table }: TableName,
  column: string,
  end: string,
): Promise<boolean> {
  const rows = await database.readLong(
    `select exists (select from ${quoteQualified(schema, table)} where ${quote(column)} >= ${end}) as found`,
    [],
    // With row security of the table's own owner the rows of others would be missing: an error is better than a wrong answer.
    { row_security: "off" },
  );
  return rows[0]?.["found"] === true;
}
