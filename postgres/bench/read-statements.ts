import { type BenchStatement, explainNoQuery, mergeTexts } from "../../core/bench/split-statements";
import { pointAt } from "../../core/bench/point-at";
import type { TableName } from "../../core/names/table-name";
import { getSqlState } from "../connect/sqlstate";
import type { Database } from "../database";
import { query } from "../queries";

/** State of an extension whose library is not loaded. */
const NOT_LOADED = "55000";

/**
 * Reads the queries on a table that took the most time by pg_stat_statements, at most `limit`. Undefined: the extension is not
 * installed, not loaded, or not readable by this role.
 */
export async function readBenchStatements(
  database: Database,
  table: TableName,
  limit: number,
): Promise<{ readonly statements: readonly BenchStatement[]; readonly seesAll: boolean } | undefined> {
  const [found] = await database.read(query("bench/statements-schema"));
  if (!found) return undefined;
  try {
    const rows = await database.read(query("conversion/statements", String(found["schema"])), [table.table]);
    const texts = rows.map((row) => ({
      sql: String(row["text"]),
      calls: Number(row["calls"]),
      meanMs: Number(row["mean"]),
    }));
    const queries = mergeTexts(texts).filter(
      ({ sql }) => explainNoQuery(sql) === undefined && pointAt(sql, table, table).kind === "pointed",
    );
    return {
      statements: queries.slice(0, limit).map((one, index) => ({ name: `statement ${index + 1}`, ...one })),
      seesAll: found["sees_all"] === true,
    };
  } catch (error) {
    if (getSqlState(error) !== NOT_LOADED) throw error;
    return undefined;
  }
}
