import type { Problem } from "./problem";
import { REMOVED } from "./removed";
import { findRenamedInputs } from "./renamed";
import { formatPath } from "./shape-problems";

/** Returns removed and renamed options that inputs still have: inputs may have further keys, and these would be ignored silently. */
export function findRemovedProblems(inputs: unknown): Problem[] {
  const removed = Object.entries(REMOVED).filter(([path]) => has(inputs, path.split(".")));
  return [
    ...removed.map(([path, told]) => ({ path, code: "unknown-property" as const, ...told })),
    ...findRenamedInputs(inputs).map(({ path, message, fix }) => ({
      path: formatPath(path),
      code: "unknown-property" as const,
      message,
      fix,
    })),
  ];
}

function has(value: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return value !== undefined;
  return typeof value === "object" && value !== null && has((value as Record<string, unknown>)[key], rest);
}
