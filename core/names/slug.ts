import { hashShort } from "./identifier";

/**
 * Turns a partition value into a part of a name: lower case, everything but letters, digits and underscores dropped.
 *
 * @example toSlug("abc-123") // "abc123"
 */
export function toSlug(value: string): string {
  return value
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_]/gu, "");
}

/**
 * Turns a value into a part of the name of its branch. An empty slug becomes a hash.
 *
 * @example toLabel("---", true) // "cb3f91d5"
 */
export function toLabel(value: string, slugged: boolean): string {
  const label = slugged ? toSlug(value) : value;
  return label === "" ? hashShort(value) : label;
}

/** Returns values whose slugs are equal or empty: each group would give several partitions one name. */
export function findSlugCollisions(
  values: readonly string[],
): { readonly slug: string; readonly values: readonly string[] }[] {
  const bySlug = new Map<string, string[]>();
  for (const value of new Set(values)) {
    const name = toSlug(value);
    bySlug.set(name, [...(bySlug.get(name) ?? []), value]);
  }
  return [...bySlug.entries()]
    .filter(([name, group]) => name === "" || group.length > 1)
    .map(([name, group]) => ({ slug: name, values: group }));
}
