import { DEFAULT_SCHEMA } from "../core/defaults";
import { InvalidSpecError, type Problem } from "../core/problems/problem";
import type { TableSpecArgs } from "../core/declare/table/args";
import type { ForeignKeyArgs } from "../core/declare/table/constraints";

type Named = Pick<TableSpecArgs, "schema" | "table" | "rowSecurity" | "foreignKeys">;

/** One table of a program and those that it is related to, all by their keys. */
interface OrderedTable {
  readonly key: string;
  /** Table whose policies it copies (`copyFrom`): comes before it. */
  readonly source: string | undefined;
  /** Tables that its foreign keys point to and that come before it. */
  readonly referenced: readonly string[];
  /** Tables that its foreign keys point to and that only come after it: they refer to each other, directly or through others. */
  readonly later: readonly string[];
}

/** Returns `schema.table`, with the given schema where the table has none of its own. */
export function qualifyName(table: Pick<Named, "schema" | "table">, schema: string = DEFAULT_SCHEMA): string {
  return `${table.schema ?? schema}.${table.table}`;
}

/** Returns the tables that the foreign keys of a table point to, each once. The default schema is public, not the table's own. */
function listReferencedNames({ foreignKeys = {} }: Pick<Named, "foreignKeys">): string[] {
  // Values that are no foreign key are refused where the table is read.
  const declared = Object.values(foreignKeys) as readonly (Partial<ForeignKeyArgs> | null)[];
  return [
    ...new Set(declared.flatMap((key) => (key?.references ? [qualifyName(key.references, DEFAULT_SCHEMA)] : []))),
  ];
}

/**
 * Sorts the tables, each after those whose policies it copies and those that its foreign keys point to. Of a cycle of foreign
 * keys the one that closes it cannot be created with its table: its target is in `later`. A cycle of policies is refused.
 */
export function orderTables(tables: Readonly<Record<string, Named>>, schema: string | undefined): OrderedTable[] {
  const keys = new Map(Object.entries(tables).map(([key, table]) => [qualifyName(table, schema), key]));
  const sources = new Map(
    Object.entries(tables).flatMap(([key, table]): [string, string][] => {
      const source = keys.get(findPolicySource(table, schema) ?? "");
      return source === undefined || source === key ? [] : [[key, source]];
    }),
  );
  for (const key of sources.keys()) refuseCircle(key, sources);
  const before = new Map([...sources].map(([key, source]) => [key, new Set([source])]));
  const ordered = Object.entries(tables).map(([key, table]): OrderedTable => {
    const targets = listReferencedNames(table)
      .flatMap((name) => keys.get(name) ?? [])
      .filter((target) => target !== key);
    const later = targets.filter((target) => !recordBefore(before, target, key));
    return { key, source: sources.get(key), referenced: targets.filter((target) => !later.includes(target)), later };
  });
  return sortTables(ordered, before);
}

/** Records that one table comes before another; false if it cannot, because it already comes after it. */
function recordBefore(before: Map<string, Set<string>>, target: string, key: string): boolean {
  const waitsFor = (one: string): boolean => one === key || [...(before.get(one) ?? [])].some(waitsFor);
  if (waitsFor(target)) return false;
  before.set(key, (before.get(key) ?? new Set()).add(target));
  return true;
}

function sortTables(tables: readonly OrderedTable[], before: ReadonlyMap<string, ReadonlySet<string>>): OrderedTable[] {
  const done = new Map<string, OrderedTable>();
  const visit = (table: OrderedTable): void => {
    if (done.has(table.key)) return;
    for (const other of tables) if (before.get(table.key)?.has(other.key)) visit(other);
    done.set(table.key, table);
  };
  for (const table of tables) visit(table);
  return [...done.values()];
}

function findPolicySource(table: Named, schema: string | undefined): string | undefined {
  const name = table.rowSecurity?.copyFrom;
  if (name === undefined || name.includes(".")) return name;
  return qualifyName({ table: name, ...(table.schema === undefined ? {} : { schema: table.schema }) }, schema);
}

function refuseCircle(first: string, sources: ReadonlyMap<string, string>): void {
  const keys = [first];
  for (let next = sources.get(first); next !== undefined; next = sources.get(next)) {
    if (keys.includes(next)) throw new InvalidSpecError(`table "${first}"`, [refuseCircular([...keys, next])]);
    keys.push(next);
  }
}

function refuseCircular(keys: readonly string[]): Problem {
  return {
    path: "rowSecurity.copyFrom",
    code: "conflict",
    message: `${keys.join(" copies its policies from ")}: no table declares them.`,
    fix: "Declare the policies in one of the tables.",
  };
}
