import { z } from "zod";
import { type HashLevelArgs, hashLevelShape, type ListLevelArgs, listLevelShape } from "./branch-level";
import { type RangeLevelArgs, rangeLevelShape } from "./time-level";

/** One level of partitioning, identified by its property `range`, `list` or `hash`. */
export type LevelArgs = RangeLevelArgs | ListLevelArgs | HashLevelArgs;

/** The property identifies the kind of level that is meant, so that errors are about that kind alone. */
const LEVELS = { range: rangeLevelShape, list: listLevelShape, hash: hashLevelShape };

export const levelShape = z.record(z.string(), z.unknown()).transform((value, context) => {
  const kind = (["list", "hash", "range"] as const).find((candidate) => candidate in value) ?? "range";
  const parsed = LEVELS[kind].safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) context.addIssue({ ...issue } as Parameters<typeof context.addIssue>[0]);
  return z.NEVER;
});
