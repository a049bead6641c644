import type { CandidateFacts } from "../../core/conversion/analyze/candidates";
import type { ColumnStatistics } from "../../core/conversion/analyze/facts";
import type { Database } from "../database";
import { query } from "../queries";

/** Tables that are listed: the largest of a database. */
const MOST_TABLES = 200;

/** Row of queries/conversion/candidates.sql. Numbers are text, an empty list is null. */
interface CandidateRow {
  readonly schema: string;
  readonly name: string;
  readonly rows: string | null;
  readonly bytes: string;
  readonly inserts: string;
  readonly updates: string;
  readonly deletes: string;
  readonly referring: number;
  readonly columns:
    | readonly {
        readonly name: string;
        readonly type: string;
        readonly nullable: boolean;
        readonly default: string | null;
        readonly generated: boolean;
      }[]
    | null;
  readonly indexes:
    | readonly { readonly unique: boolean; readonly primary: boolean; readonly columns: readonly string[] | null }[]
    | null;
  readonly statistics:
    readonly (Omit<ColumnStatistics, "correlation"> & { readonly correlation: number | null })[] | null;
}

/** Reads the plain tables of a database, the largest first, from its catalogue and statistics alone. */
export async function readConversionCandidates(database: Database): Promise<CandidateFacts[]> {
  const rows = await database.read(query("conversion/candidates"), [MOST_TABLES, database.managementSchema]);
  // The query names the columns of CandidateRow.
  return (rows as unknown as CandidateRow[]).map((row) => ({
    schema: row.schema,
    name: row.name,
    rows: row.rows === null ? undefined : Number(row.rows),
    bytes: Number(row.bytes),
    inserts: Number(row.inserts),
    updates: Number(row.updates),
    deletes: Number(row.deletes),
    referring: row.referring,
    columns: (row.columns ?? []).map((one) => ({ ...one, default: one.default ?? undefined, identity: undefined })),
    indexes: (row.indexes ?? []).map((one) => ({ ...one, columns: one.columns ?? [] })),
    statistics: (row.statistics ?? []).map((one) => ({ ...one, correlation: one.correlation ?? undefined })),
  }));
}
