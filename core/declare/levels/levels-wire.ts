import { z } from "zod";
import { type HashLevel, type LevelsSpec, NO_LEVELS } from "../../levels/levels";
import { nameShape as name } from "../option/shapes";
import { decodeBranch, encodeBranch, branchWire } from "./branch-level";
import { decodeGrid, encodeGrid, gridWireSchema } from "./time-level";

/**
 * Levels on the wire, in the inputs of PartitionWindow and in the registry. A table that is partitioned by time alone has none.
 */
export const levelsWireSchema = z.object({
  above: z.array(branchWire).optional(),
  below: z.array(branchWire).optional(),
  overrides: z
    .array(z.object({ when: z.array(z.object({ column: name, value: z.string() })), grid: gridWireSchema }))
    .optional(),
});

type LevelsWire = z.infer<typeof levelsWireSchema>;

export function encodeLevels(levels: LevelsSpec): LevelsWire | undefined {
  if (levels.above.length + levels.below.length + levels.overrides.length === 0) return undefined;
  return {
    ...(levels.above.length > 0 ? { above: levels.above.map(encodeBranch) } : {}),
    ...(levels.below.length > 0 ? { below: levels.below.map(encodeBranch) } : {}),
    ...(levels.overrides.length > 0
      ? {
          overrides: levels.overrides.map((override) => ({
            when: Object.entries(override.when).map(([column, value]) => ({ column, value })),
            grid: encodeGrid(override.grid),
          })),
        }
      : {}),
  };
}

export function decodeLevels(wire: LevelsWire | undefined): LevelsSpec {
  if (!wire) return NO_LEVELS;
  return {
    above: (wire.above ?? []).map(decodeBranch),
    below: (wire.below ?? []).map(decodeBranch).flatMap((level): HashLevel[] => (level.kind === "hash" ? [level] : [])),
    overrides: (wire.overrides ?? []).map((override) => ({
      when: Object.fromEntries(override.when.map(({ column, value }) => [column, value])),
      grid: decodeGrid(override.grid),
    })),
  };
}
