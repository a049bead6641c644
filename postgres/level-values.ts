import { isSource, type LevelsSpec, type ValueSource } from "../core/levels/levels";
import type { SourceValue, SourceValues } from "../core/levels/tree";
import { quote, quoteLiteral, quoteQualified } from "../core/names/identifier";
import type { Database } from "./database";
import { query } from "./queries";
import { sqlState } from "./sqlstate";

/** A source of values cannot be read as declared. */
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
    source ? [`${quoteLiteral(String(index))}, (${valuesQuery(source)})`] : [],
  );
  try {
    const [row] = await database.read(`select json_build_object(${parts.join(", ")}) as values`);
    const found = row?.["values"] as Readonly<Record<string, readonly SourceRow[] | null>>;
    return sources.map((source, index) => source && (found[String(index)] ?? []).map(valueOf));
  } catch (error) {
    throw explained(error, sources);
  }
}

/** Oids of the partitions of a table that have no page, at any depth. */
export async function readEmptyLeaves(
  database: Database,
  table: { readonly schema: string; readonly table: string },
): Promise<ReadonlySet<string>> {
  const rows = await database.read(query("empty-leaves"), [table.schema, table.table]);
  return new Set(rows.map((row) => String(row["oid"])));
}

interface SourceRow {
  readonly value: string;
  readonly parent: string | null;
  readonly active: boolean;
}

function valueOf(row: SourceRow): SourceValue {
  return { value: row.value, parent: row.parent ?? undefined, active: row.active };
}

/** Every value, with whether any of its rows passes the filter: one that has ended is not one that is gone. */
function valuesQuery(source: ValueSource): string {
  const value = quote(source.column);
  const parent = source.parent === undefined ? "null::text" : `${quote(source.parent)}::text`;
  const active = source.where === undefined ? "true" : `coalesce(bool_or((${source.where})), false)`;
  return `select json_agg(json_build_object('value', v.value, 'parent', v.parent, 'active', v.active) order by v.value, v.parent)
  from (
    select ${value}::text as value, ${parent} as parent, ${active} as active
    from ${quoteQualified(source.schema, source.table)}
    where ${value} is not null
    group by 1, 2
  ) v`;
}

function explained(error: unknown, sources: readonly (ValueSource | undefined)[]): unknown {
  const state = sqlState(error);
  if (state === undefined || !["42P01", "42703", "42501", "42601", "42883", "42804", "22P02"].includes(state))
    return error;
  const names = sources.flatMap((source) => (source ? [`${source.schema}.${source.table} (${source.column})`] : []));
  const message = error instanceof Error ? error.message.replace(/^reading the database: /, "") : String(error);
  return new ValueSourceError(
    `the values of a level cannot be read from ${names.join(", ")}: ${message}. Let the table exist first (dependsOn), check column and where, or grant SELECT on it`,
    { cause: error },
  );
}
