import { isSource, type LevelsSpec, type ValueSource } from "../../core/levels/levels";
import type { SourceValue, SourceValues } from "../../core/partition/branch/desired-branches";
import { buildSourceRowsQuery } from "../../core/partition/branch/source-rows";
import { quote, quoteLiteral, quoteQualified } from "../../core/names/identifier";
import type { Database } from "../database";
import { query } from "../queries";
import { getSqlState } from "../connect/sqlstate";
import type { ObservedSourceTrigger } from "../../core/partition/branch/source-triggers";

/** Thrown if a source of values cannot be read as declared. */
export class ValueSourceError extends Error {
  override readonly name = "ValueSourceError";
}

/** Reads the values of every level that takes them from a table, in one statement. */
export async function readLevelValues(database: Database, levels: LevelsSpec): Promise<SourceValues> {
  const sources = levels.above.map((level) =>
    level.kind === "list" && isSource(level.values) ? level.values : undefined,
  );
  if (sources.every((source) => source === undefined)) return [];
  const parts = sources.flatMap((source, index) =>
    source ? [`${quoteLiteral(String(index))}, (${buildValuesQuery(source)})`] : [],
  );
  try {
    await refuseHidden(database, sources);
    const [row] = await database.read(`select json_build_object(${parts.join(", ")}) as values`);
    const found = row?.["values"] as Readonly<Record<string, readonly SourceRow[] | null>>;
    return sources.map((source, index) => source && (found[String(index)] ?? []).map(toValue));
  } catch (error) {
    throw explainError(error, sources);
  }
}

/** Refuses if row security may hide rows: their values would look as if they were removed. */
async function refuseHidden(database: Database, sources: readonly (ValueSource | undefined)[]): Promise<void> {
  const read = sources.flatMap((source) => source ?? []);
  const names = [read.map(({ schema }) => schema), read.map(({ table }) => table)];
  const [row] = await database.read(query("hidden-rows"), names);
  if (row === undefined) return;
  const table = quoteQualified(String(row["schema"]), String(row["name"]));
  const role = quote(String(row["role"]));
  throw new ValueSourceError(
    `the values of a level cannot be read from ${table}: row-level security may hide rows from role ${role}, and a hidden value would look as if it were gone. ` +
      `CREATE POLICY all_values ON ${table} FOR SELECT TO ${role} USING (true), or let the role own the table (without FORCE)`,
  );
}

/** Returns oids of the partitions of a table that have no page, at any depth. */
export async function readEmptyPartitions(
  database: Database,
  table: { readonly schema: string; readonly table: string },
): Promise<ReadonlySet<string>> {
  const rows = await database.read(query("empty-partitions"), [table.schema, table.table]);
  return new Set(rows.map((row) => String(row["oid"])));
}

interface SourceRow {
  readonly value: string;
  readonly parent: string | null;
  readonly active: boolean;
}

function toValue(row: SourceRow): SourceValue {
  return { value: row.value, parent: row.parent ?? undefined, active: row.active };
}

function buildValuesQuery(source: ValueSource): string {
  return `select json_agg(json_build_object('value', v.value, 'parent', v.parent, 'active', v.active) order by v.value, v.parent)
  from (
    ${buildSourceRowsQuery(source)}
  ) v`;
}

function explainError(error: unknown, sources: readonly (ValueSource | undefined)[]): unknown {
  const state = getSqlState(error);
  if (state === undefined || !["42P01", "42703", "42501", "42601", "42883", "42804", "22P02"].includes(state))
    return error;
  const names = sources.flatMap((source) => (source ? [`${source.schema}.${source.table} (${source.column})`] : []));
  const message = error instanceof Error ? error.message.replace(/^reading the database: /, "") : String(error);
  return new ValueSourceError(
    `the values of a level cannot be read from ${names.join(", ")}: ${message}. Let the table exist first (dependsOn), check column and where, or grant SELECT on it`,
    { cause: error },
  );
}

/** Returns triggers on tables of values that create the branches of a table. */
export async function readSourceTriggers(
  database: Database,
  table: { readonly schema: string; readonly table: string },
): Promise<readonly ObservedSourceTrigger[]> {
  const rows = await database.read(query("source-triggers"), [table.schema, table.table, database.managementSchema]);
  // The query names the columns of ObservedSourceTrigger.
  return rows as unknown as readonly ObservedSourceTrigger[];
}
