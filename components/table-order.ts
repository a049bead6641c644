import { DEFAULT_SCHEMA } from "../core/defaults";
import { InvalidSpecError, type Problem } from "../core/problem";
import type { TableSpecArgs } from "../core/spec/args";

type Named = Pick<TableSpecArgs, "schema" | "table" | "rowSecurity">;

/** `schema.table`, with the schema that a table without one of its own has. */
export function qualifiedName(table: Named, schema: string = DEFAULT_SCHEMA): string {
  return `${table.schema ?? schema}.${table.table}`;
}

/** Keys of the tables, each after the one whose policies it takes (`copyFrom`), with the key of that one. */
export function sourcesFirst(
  tables: Readonly<Record<string, Named>>,
  schema: string | undefined,
): [key: string, source: string | undefined][] {
  const keys = new Map(Object.entries(tables).map(([key, table]) => [qualifiedName(table, schema), key]));
  const order = new Map<string, string | undefined>();
  const visit = (key: string, table: Named, dependents: readonly string[]): void => {
    if (order.has(key)) return;
    if (dependents.includes(key)) throw new InvalidSpecError(`table "${key}"`, [circular([...dependents, key])]);
    const source = keys.get(sourceOf(table, schema) ?? "");
    const other = source === undefined || source === key ? undefined : tables[source];
    if (source !== undefined && other) visit(source, other, [...dependents, key]);
    order.set(key, other && source);
  };
  for (const [key, table] of Object.entries(tables)) visit(key, table, []);
  return [...order];
}

function sourceOf(table: Named, schema: string | undefined): string | undefined {
  const name = table.rowSecurity?.copyFrom;
  if (name === undefined || name.includes(".")) return name;
  return qualifiedName({ table: name, ...(table.schema === undefined ? {} : { schema: table.schema }) }, schema);
}

function circular(keys: readonly string[]): Problem {
  return {
    path: "rowSecurity.copyFrom",
    code: "conflict",
    message: `${keys.join(" takes its policies from ")}: nobody declares them.`,
    fix: "Declare the policies in one of the tables.",
  };
}
