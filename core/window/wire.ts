import { createHash } from "node:crypto";
import { z } from "zod";
import { omitUndefined } from "../declare/option/item";
import { findUrlProblems } from "../declare/archive/table-destination";
import { decodeOptions, encodeOptions, collectWires } from "../declare/option/option";
import { WINDOW_OPTIONS } from "../declare/table/options";
import { WINDOW } from "../declare/window/window";
import { toShapeProblems } from "../problems/shape-problems";
import type { WindowSpec } from "../declare/table/spec";
import type { Problem } from "../problems/problem";
import { decodeGrid, encodeGrid, gridWireSchema } from "../declare/levels/time-level";
import { decodeLevels, encodeLevels, levelsWireSchema } from "../declare/levels/levels-wire";
import { formatInterval } from "../time/interval";
import { KEY_ENCODINGS, type KeyKind } from "../time/key";
import { isZone } from "../time/period";
import type { DesiredPartition } from "./window-partitions";

/**
 * WindowSpec on the wire, in the inputs of PartitionWindow and in the registry. Spans stay words and times ISO text, because
 * policies and people read them.
 */
export const windowWireSchema = z.object({
  schema: z.string().min(1),
  table: z.string().min(1),
  /** Left out: true. */
  ownsTable: z.boolean().optional(),
  key: z.object({
    column: z.string().min(1),
    encoding: z.enum(KEY_ENCODINGS),
    kind: z.string().optional(),
    zone: z.string().refine(isZone, "not a time zone"),
  }),
  grid: gridWireSchema,
  levels: levelsWireSchema.optional(),
  ...collectWires(WINDOW),
  ...collectWires(WINDOW_OPTIONS),
});

export type WindowWire = z.infer<typeof windowWireSchema>;

export function encodeWindow(spec: WindowSpec): WindowWire {
  return omitUndefined({
    schema: spec.schema,
    table: spec.table,
    ownsTable: spec.ownsTable ? undefined : false,
    key: omitUndefined({ ...spec.key }),
    grid: encodeGrid(spec.grid),
    levels: encodeLevels(spec.levels),
    ...encodeOptions(WINDOW, spec),
    ...encodeOptions(WINDOW_OPTIONS, spec),
  }) as WindowWire;
}

type FromWire = { readonly spec: WindowSpec } | { readonly problems: readonly Problem[] };

/** Reads a window from the wire. Unknown keys are ignored: a newer version may have written them. */
export function decodeWindow(value: unknown): FromWire {
  const parsed = windowWireSchema.safeParse(value, { reportInput: true });
  if (!parsed.success) return { problems: toShapeProblems(parsed.error) };
  const wire = parsed.data;
  const url = wire.archive?.table?.url;
  const problems = url === undefined ? [] : findUrlProblems(url, "archive.table.url");
  if (problems.length > 0) return { problems };
  return {
    spec: {
      schema: wire.schema,
      table: wire.table,
      ownsTable: wire.ownsTable ?? true,
      key: {
        column: wire.key.column,
        encoding: wire.key.encoding,
        kind: wire.key.kind as KeyKind | undefined,
        zone: wire.key.zone,
      },
      grid: decodeGrid(wire.grid),
      levels: decodeLevels(wire.levels),
      ...decodeOptions(WINDOW, wire),
      ...decodeOptions(WINDOW_OPTIONS, wire),
    },
  };
}

/**
 * Returns a digest of the partitions that a program declares. PartitionWindow compares it with the one from its own inputs: a
 * transform or ignoreChanges that affected only one of the two would otherwise retire partitions that the other still requires.
 */
export function digestPartitions(partitions: readonly DesiredPartition[]): string {
  const text = partitions.map((partition) => `${partition.name} ${formatInterval(partition)}`).join("\n");
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, 16);
}
