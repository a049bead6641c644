import { z } from "zod";
import { gridFromWire, gridToWire, gridWireSchema } from "../time/grid-wire";
import { parseSpan } from "../time/span";
import { type BranchLevel, type HashLevel, isSource, type LevelsSpec, NO_LEVELS, type ValueSource } from "./levels";

/**
 * Levels on the wire, in the inputs of PartitionWindow and in the registry. A table that is partitioned by time alone has none.
 */
const name = z.string().min(1);

const source = z.object({
  schema: name,
  table: name,
  column: name,
  where: z.string().optional(),
  parent: z.string().optional(),
  trigger: z.boolean().optional(),
});

const branch = z.object({
  kind: z.enum(["list", "hash"]),
  column: name,
  name,
  /** Of a LIST level: given values, or their source. */
  values: z.array(z.string()).optional(),
  source: source.optional(),
  slug: z.boolean().optional(),
  cleanupAfter: z.string().optional(),
  /** Of a HASH level. */
  modulus: z.int().optional(),
});

export const levelsWireSchema = z.object({
  above: z.array(branch).optional(),
  below: z.array(branch).optional(),
  overrides: z
    .array(z.object({ when: z.array(z.object({ column: name, value: z.string() })), grid: gridWireSchema }))
    .optional(),
});

type LevelsWire = z.infer<typeof levelsWireSchema>;
type BranchWire = z.infer<typeof branch>;

export function levelsToWire(levels: LevelsSpec): LevelsWire | undefined {
  if (levels.above.length + levels.below.length + levels.overrides.length === 0) return undefined;
  return {
    ...(levels.above.length > 0 ? { above: levels.above.map(branchToWire) } : {}),
    ...(levels.below.length > 0 ? { below: levels.below.map(branchToWire) } : {}),
    ...(levels.overrides.length > 0
      ? {
          overrides: levels.overrides.map((override) => ({
            when: Object.entries(override.when).map(([column, value]) => ({ column, value })),
            grid: gridToWire(override.grid),
          })),
        }
      : {}),
  };
}

export function levelsFromWire(wire: LevelsWire | undefined): LevelsSpec {
  if (!wire) return NO_LEVELS;
  return {
    above: (wire.above ?? []).map(branchFromWire),
    below: (wire.below ?? [])
      .map(branchFromWire)
      .flatMap((level): HashLevel[] => (level.kind === "hash" ? [level] : [])),
    overrides: (wire.overrides ?? []).map((override) => ({
      when: Object.fromEntries(override.when.map(({ column, value }) => [column, value])),
      grid: gridFromWire(override.grid),
    })),
  };
}

function branchToWire(level: BranchLevel): BranchWire {
  const { kind, column, name: template } = level;
  if (level.kind === "hash") return { kind, column, name: template, modulus: level.modulus };
  return {
    kind,
    column,
    name: template,
    ...(isSource(level.values) ? { source: sourceToWire(level.values) } : { values: [...level.values] }),
    ...(level.slug ? {} : { slug: false }),
    ...(level.cleanupAfter ? { cleanupAfter: `${level.cleanupAfter.count} ${level.cleanupAfter.unit}s` } : {}),
  };
}

function sourceToWire(values: ValueSource): NonNullable<BranchWire["source"]> {
  const { where, parent, trigger, ...place } = values;
  return {
    ...place,
    ...(trigger ? { trigger } : {}),
    ...(where === undefined ? {} : { where }),
    ...(parent === undefined ? {} : { parent }),
  };
}

function branchFromWire(wire: BranchWire): BranchLevel {
  const { kind, column, name: template } = wire;
  if (kind === "hash") return { kind, column, name: template, modulus: wire.modulus ?? 2 };
  const cleanup = wire.cleanupAfter === undefined ? undefined : parseSpan(wire.cleanupAfter);
  return {
    kind,
    column,
    name: template,
    values: wire.source
      ? { ...wire.source, where: wire.source.where, parent: wire.source.parent }
      : (wire.values ?? []),
    slug: wire.slug ?? true,
    cleanupAfter: cleanup,
  };
}
