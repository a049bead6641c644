import { DEFAULT_SCHEMA } from "../core/defaults";
import { InvalidSpecError, type Problem } from "../core/problems/problem";
import type { TableSpecArgs } from "../core/declare/table/args";
import type { ForeignKeyArgs } from "../core/declare/table/constraints";

type Named = Pick<TableSpecArgs, "schema" | "table" | "rowSecurity" | "foreignKeys">;

/** One table of a program among the others that it has to do with, all by their keys. */
interface OrderedTable {
  readonly key: string;
  /** Whose policies it takes (`copyFrom`): stands before it. */
  readonly source: string | undefined;
  /** What its foreign keys point to and stands before it. */
  readonly referenced: readonly string[];
  /** What its foreign keys point to and can only come after it: those two refer to each other, directly or through others. */
  readonly later: readonly string[];
}

/** `schema.table`, with the schema that a table without one of its own has. */
export function qualifiedName(table: Pick<Named, "schema" | "table">, schema: string = DEFAULT_SCHEMA): string {
  return `${table.schema ?? schema}.${table.table}`;
}

/** What the foreign keys of a table point to, each once. One without a schema points into public, whatever the table's own. */
function referencedNames({ foreignKeys = {} }: Pick<Named, "foreignKeys">): string[] {
  // What is no foreign key at all is refused where the table is read.
  const declared = Object.values(foreignKeys) as readonly (Partial<ForeignKeyArgs> | null)[];
  return [
    ...new Set(declared.flatMap((key) => (key?.references ? [qualifiedName(key.references, DEFAULT_SCHEMA)] : []))),
  ];
}

/**
 * The tables, each after those whose policies it takes and those that its foreign keys point to. Of a ring of foreign keys the
 * one that closes it cannot be made with its table: its target is among `later`. A ring of policies is refused.
 */
export function inOrder(tables: Readonly<Record<string, Named>>, schema: string | undefined): OrderedTable[] {
  const keys = new Map(Object.entries(tables).map(([key, table]) => [qualifiedName(table, schema), key]));
  const sources = new Map(
    Object.entries(tables).flatMap(([key, table]): [string, string][] => {
      const source = keys.get(sourceOf(table, schema) ?? "");
      return source === undefined || source === key ? [] : [[key, source]];
    }),
  );
  for (const key of sources.keys()) refuseCircle(key, sources);
  const before = new Map([...sources].map(([key, source]) => [key, new Set([source])]));
  const ordered = Object.entries(tables).map(([key, table]): OrderedTable => {
    const targets = referencedNames(table)
      .flatMap((name) => keys.get(name) ?? [])
      .filter((target) => target !== key);
    const later = targets.filter((target) => !comesBefore(before, target, key));
    return { key, source: sources.get(key), referenced: targets.filter((target) => !later.includes(target)), later };
  });
  return sorted(ordered, before);
}

/** Remembers that one table stands before another; false: it cannot, because it waits for the other itself. */
function comesBefore(before: Map<string, Set<string>>, target: string, key: string): boolean {
  const waitsFor = (one: string): boolean => one === key || [...(before.get(one) ?? [])].some(waitsFor);
  if (waitsFor(target)) return false;
  before.set(key, (before.get(key) ?? new Set()).add(target));
  return true;
}

function sorted(tables: readonly OrderedTable[], before: ReadonlyMap<string, ReadonlySet<string>>): OrderedTable[] {
  const done = new Map<string, OrderedTable>();
  const visit = (table: OrderedTable): void => {
    if (done.has(table.key)) return;
    for (const other of tables) if (before.get(table.key)?.has(other.key)) visit(other);
    done.set(table.key, table);
  };
  for (const table of tables) visit(table);
  return [...done.values()];
}

function sourceOf(table: Named, schema: string | undefined): string | undefined {
  const name = table.rowSecurity?.copyFrom;
  if (name === undefined || name.includes(".")) return name;
  return qualifiedName({ table: name, ...(table.schema === undefined ? {} : { schema: table.schema }) }, schema);
}

function refuseCircle(first: string, sources: ReadonlyMap<string, string>): void {
  const keys = [first];
  for (let next = sources.get(first); next !== undefined; next = sources.get(next)) {
    if (keys.includes(next)) throw new InvalidSpecError(`table "${first}"`, [circular([...keys, next])]);
    keys.push(next);
  }
}

function circular(keys: readonly string[]): Problem {
  return {
    path: "rowSecurity.copyFrom",
    code: "conflict",
    message: `${keys.join(" takes its policies from ")}: nobody declares them.`,
    fix: "Declare the policies in one of the tables.",
  };
}
