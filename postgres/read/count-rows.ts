import type { Key } from "../../core/observed/key-excludes";
import { quote, quoteQualified } from "../../core/names/identifier";
import type { Database } from "../database";
import { getSqlState } from "../connect/sqlstate";

/** Limit of conditions in one statement. */
const MOST_CONDITIONS = 500;

export interface Counts {
  readonly total: number;
  readonly rows: readonly number[];
  /** Least and greatest finite value of the key, as text, and the number of rows with one. */
  readonly span: { readonly first: string; readonly last: string; readonly rows: number } | undefined;
}

/** Counts the rows of a table in all, and of each condition, in one read. Undefined: the role may not, or it takes too long. */
export async function runCount(
  database: Database,
  table: { readonly schema: string; readonly name: string },
  conditions: readonly string[],
  key: Pick<Key, "column" | "kind">,
): Promise<Counts | undefined> {
  const filters = conditions.slice(0, MOST_CONDITIONS).map((condition) => `count(*) filter (where ${condition})`);
  const text = `select count(*)::text as total, array[${filters.join(", ")}]::text[] as rows${buildSpanColumns(key)} from only ${quoteQualified(table.schema, table.name)}`;
  try {
    const [row] = await database.read(text);
    const { first, last, finite } = (row ?? {}) as Readonly<Record<string, string | null>>;
    return {
      total: Number(row?.["total"]),
      rows: (row?.["rows"] as readonly string[]).map(Number),
      span: first && last ? { first, last, rows: Number(finite) } : undefined,
    };
  } catch (error) {
    if (!["42501", "55P03", "57014"].includes(getSqlState(error) ?? "")) throw error;
    return undefined;
  }
}

/**
 * Returns no columns for a UUID: min(uuid) does not exist before PostgreSQL 18, and a UUID of another version encodes no time.
 */
function buildSpanColumns({ column, kind }: Pick<Key, "column" | "kind">): string {
  if (kind === "uuidv7") return "";
  const name = quote(column);
  const finite = kind.startsWith("epoch") ? `${name} is not null` : `isfinite(${name})`;
  const filter = `filter (where ${finite})`;
  return `, min(${name}) ${filter}::text as first, max(${name}) ${filter}::text as last, count(*) ${filter}::text as finite`;
}
