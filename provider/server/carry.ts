import { isDeepStrictEqual } from "node:util";
import type { Decoded } from "../runtime/property-codec";
import { getValueAt } from "../runtime/values";
import type { PropertyMap, PropertyPath } from "../runtime/values";

/**
 * Returns the secret paths of a result, from those of the bags it was built from. Where a list was reordered an index has no
 * meaning any more: then the whole list is secret.
 */
export function carrySecrets(
  result: PropertyMap,
  sources: readonly Decoded[],
  named: readonly PropertyPath[] = [],
): readonly PropertyPath[] {
  const carried = sources.flatMap(({ value, secrets }) => secrets.map((path) => findCarriedPath(result, value, path)));
  return [...carried, ...named];
}

function findCarriedPath(result: PropertyMap, source: PropertyMap, path: PropertyPath): PropertyPath {
  const firstIndex = path.findIndex((step) => typeof step === "number");
  const steady = firstIndex === -1 || isDeepStrictEqual(getValueAt(result, path), getValueAt(source, path));
  return steady ? path : path.slice(0, firstIndex);
}
