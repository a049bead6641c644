import { isDeepStrictEqual } from "node:util";
import type { Decoded } from "../runtime/codec";
import { valueAt } from "../runtime/values";
import type { PropertyMap, PropertyPath } from "../runtime/values";

/**
 * The paths of a result that are secret because they were so in the bags it was made from. Where a list was reordered
 * an index says nothing any more: then the whole list is secret.
 */
export function carrySecrets(
  result: PropertyMap,
  sources: readonly Decoded[],
  named: readonly PropertyPath[] = [],
): readonly PropertyPath[] {
  const carried = sources.flatMap(({ value, secrets }) => secrets.map((path) => carriedPath(result, value, path)));
  return [...carried, ...named];
}

function carriedPath(result: PropertyMap, source: PropertyMap, path: PropertyPath): PropertyPath {
  const firstIndex = path.findIndex((step) => typeof step === "number");
  const steady = firstIndex === -1 || isDeepStrictEqual(valueAt(result, path), valueAt(source, path));
  return steady ? path : path.slice(0, firstIndex);
}
