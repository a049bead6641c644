import type { AlterFacts, AlterQuestion } from "../../core/table/alter/facts";
import type { Database } from "../database";
import { query } from "../queries";
import type { TableName } from "../../core/names/table-name";
import type { ResolvedType } from "../../core/table/alter/resolved-types";
import { getSqlState } from "../connect/sqlstate";

/** Row of queries/alter-facts.sql. JSON leaves an empty list out as null. */
interface FactsRow {
  readonly version: number;
  readonly volatile_functions: readonly string[] | null;
  readonly constrained_types: readonly string[] | null;
  readonly uses: AlterFacts["uses"] | null;
  readonly pending: AlterFacts["pending"] | null;
  readonly nulls: AlterFacts["nulls"] | null;
  readonly locks: AlterFacts["locks"];
}

/** Reads the facts that decide about a change of one table. Takes no lock that blocks another session. */
export async function readAlterFacts(
  database: Database,
  { schema, table }: TableName,
  question: AlterQuestion,
): Promise<AlterFacts> {
  const { functions, types, usesOf, nullsOf, constraints } = question;
  const rows = await database.read(query("alter-facts"), [
    schema,
    table,
    functions,
    types,
    usesOf,
    nullsOf,
    constraints,
  ]);
  // The query always returns one row, with these columns.
  const row = rows[0] as unknown as FactsRow;
  return {
    version: row.version,
    volatileFunctions: row.volatile_functions ?? [],
    constrainedTypes: row.constrained_types ?? [],
    uses: row.uses ?? [],
    pending: (row.pending ?? []).map(({ references, ...one }) => ({ ...one, references: references ?? undefined })),
    nulls: row.nulls ?? [],
    locks: row.locks,
  };
}

/** Returns the meaning of type names on this server. Sends no query without a name. */
export async function resolveTypes(database: Database, names: readonly string[]): Promise<ResolvedType[]> {
  if (names.length === 0) return [];
  const rows = await database.read(query("resolve-types"), [names]).catch((error: unknown) => {
    // PostgreSQL 15 reports a text that is no type name as an error; CREATE TABLE explains it better.
    if (getSqlState(error) !== "42601") throw error;
    return [];
  });
  return rows.map((row) => ({
    declared: String(row["declared"]),
    type: typeof row["type"] === "string" && row["type"] !== "-" ? row["type"] : undefined,
    elsewhere: (row["elsewhere"] as readonly string[] | null) ?? [],
  }));
}
