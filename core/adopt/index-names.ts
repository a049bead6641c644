import type { ObservedPartitionIndex } from "../observed/observed-table";

/** Key and name template of an index on the parent; the template gives its existing name. */
interface NamedIndex {
  readonly key: string;
  /** Undefined: the default name. */
  readonly name: string | undefined;
}

/**
 * Returns key and template with which an index of the parent would be declared.
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

/**
 * Finds the template by which most partitions name their part of an index. Undefined: none, because their own names are not in
 * it.
 */
export function findPartitionIndexTemplate(
  parts: readonly Pick<ObservedPartitionIndex, "name" | "partition">[],
): string | undefined {
  const counts = new Map<string, number>();
  for (const { name, partition } of parts) {
    if (!name.includes(partition) || /[{}]/.test(name)) continue;
    const template = name.replace(partition, "{partition}");
    counts.set(template, (counts.get(template) ?? 0) + 1);
  }
  return [...counts].sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || (a < b ? -1 : 1))[0]?.[0];
}
