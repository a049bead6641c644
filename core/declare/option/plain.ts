import type { Problem } from "../../problems/problem";
import { formatPath } from "../../problems/shape-problems";

/**
 * Finds Outputs where a plain value is needed: such values decide how many resources exist, and an unknown one would make preview
 * guess. Recognises the mark that every Pulumi Output carries, so that core needs no Pulumi.
 */
export function findOutputs(
  value: unknown,
  path: readonly PropertyKey[] = [],
  above: readonly unknown[] = [],
): Problem[] {
  if (typeof value !== "object" || value === null || above.includes(value)) return [];
  if ("__pulumiOutput" in value || value instanceof Promise) {
    return [
      {
        path: formatPath(path),
        code: "plain-value-required",
        message: "an Output (or a Promise) was passed where a plain value is needed.",
        fix: "Only connection, bucket and roles may be Outputs. Read this value from configuration, or compute it before the program declares resources.",
      },
    ];
  }
  return Object.entries(value).flatMap(([key, inner]) =>
    findOutputs(inner, [...path, Array.isArray(value) ? Number(key) : key], [...above, value]),
  );
}
