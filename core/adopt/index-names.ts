import type { ObservedLeafIndex } from "../observed/table";

/** The key and the template of the name of an index on the parent, so that the template gives the name that it has. */
interface NamedIndex {
  readonly key: string;
  /** Undefined: what a declaration without a name gives. */
  readonly name: string | undefined;
}

/**
 * What an index of the parent would be declared as.
 *
 * @example nameIndex("idx_events_run_id", "events") // { key: "run_id", name: "idx_{table}_{index}" }
 */
export function nameIndex(name: string, table: string): NamedIndex {
  const at = name.indexOf(table);
  if (at < 0 || /[{}]/.test(name)) return { key: name, name: "{index}" };
  const before = name.slice(0, at);
  const after = name.slice(at + table.length);
  const key = after.replace(/^_/, "");
  if (key === "" || before + after === "") return { key: name, name: "{index}" };
  if (before === "" && after.startsWith("_")) return { key, name: undefined };
  return { key, name: `${before}{table}${after.startsWith("_") ? "_" : ""}{index}` };
}

/** By which template most partitions name their part of an index. Undefined: by none, because their names are not in it. */
export function leafNameTemplate(parts: readonly Pick<ObservedLeafIndex, "name" | "leaf">[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { name, leaf } of parts) {
    if (!name.includes(leaf) || /[{}]/.test(name)) continue;
    const template = name.replace(leaf, "{partition}");
    counts.set(template, (counts.get(template) ?? 0) + 1);
  }
  return [...counts].sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || (a < b ? -1 : 1))[0]?.[0];
}
