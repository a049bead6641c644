import { z } from "zod";
import { partitionProfileSchema } from "./profile";
import type { Problem } from "../../problems/problem";
import { type Interval, overlaps, isSameInterval } from "../../time/interval";
import { KEY_ENCODINGS, type KeyKind } from "../../time/key";
import { formatInstant, parseInstant } from "../../time/instant";
import { itemFromWire, itemToWire } from "../option/item";
import { COLUMN, columnWire } from "./column";
import { decodeOptions, encodeOptions, collectWires } from "../option/option";
import { TABLE_OPTIONS } from "./options";
import { toShapeProblems } from "../../problems/shape-problems";
import { decodeIndexSpec, indexSpecSchema, encodeIndexSpec } from "./indexes";
import type { IndexSpec, KeySpec, TableShape, WindowSpec } from "./spec";

/** Inputs of Table, Partition and Index: their wire format. */

/** How far a partition that has left its table is on its way; without a word it is attached. */
export const PARTITION_STATUSES = ["detached", "archived"] as const;
export type PartitionStatus = (typeof PARTITION_STATUSES)[number];

const name = z.string().min(1);

export const keyWireSchema = z.object({
  column: name,
  encoding: z.enum(KEY_ENCODINGS),
  kind: z.string().optional(),
  zone: name,
});

export const tableWireSchema = z.object({
  schema: name,
  table: name,
  key: keyWireSchema,
  /** Left out: by range of the key. */
  root: z.object({ strategy: z.enum(["range", "list", "hash"]), column: name }).optional(),
  columns: z.array(columnWire).optional(),
  ...collectWires(TABLE_OPTIONS),
  /** Indexes created together with a new table, while it is invisible; later ones are resources of their own. */
  indexes: z.array(indexSpecSchema).optional(),
  profile: partitionProfileSchema.optional(),
});

export const partitionWireSchema = z.object({
  schema: name,
  table: name,
  name,
  from: z.string(),
  to: z.string(),
  key: keyWireSchema,
  allowEmpty: z.boolean().optional(),
  restored: z.boolean().optional(),
  status: z.enum(PARTITION_STATUSES).optional(),
});

export const indexWireSchema = indexSpecSchema.extend({ schema: name, table: name, key: keyWireSchema });

export type TableWire = z.infer<typeof tableWireSchema>;
export type PartitionWire = z.infer<typeof partitionWireSchema>;
export type IndexWire = z.infer<typeof indexWireSchema>;

export function encodeTable(spec: TableShape): TableWire {
  return strip({
    schema: spec.schema,
    table: spec.table,
    key: encodeKey(spec.window.key),
    root: spec.root.strategy === "range" ? undefined : { ...spec.root },
    columns: spec.columns?.map((column) => ({ name: column.name, ...itemToWire(COLUMN, column) })),
    ...encodeOptions(TABLE_OPTIONS, spec),
    indexes: omitEmpty(spec.indexes.map(encodeIndexSpec)),
    profile: Object.keys(spec.profile).length > 0 ? spec.profile : undefined,
  }) as TableWire;
}

export function decodeTable(wire: TableWire): TableShape {
  return {
    schema: wire.schema,
    table: wire.table,
    root: wire.root ?? { strategy: "range", column: wire.key.column },
    columns: wire.columns?.map((column) => ({ name: column.name, ...itemFromWire(COLUMN, column) })),
    ...decodeOptions(TABLE_OPTIONS, wire),
    indexes: (wire.indexes ?? []).map(decodeIndexSpec),
    profile: wire.profile ?? {},
    window: { key: decodeKey(wire.key) },
  };
}

export function encodeIndex(spec: IndexSpec, table: { schema: string; table: string; key: KeySpec }): IndexWire {
  return { ...encodeIndexSpec(spec), schema: table.schema, table: table.table, key: encodeKey(table.key) };
}

export function encodeKey(key: KeySpec): z.infer<typeof keyWireSchema> {
  return strip({ column: key.column, encoding: key.encoding, kind: key.kind, zone: key.zone });
}

export function decodeKey(wire: z.infer<typeof keyWireSchema>): KeySpec {
  return { column: wire.column, encoding: wire.encoding, kind: wire.kind as KeyKind | undefined, zone: wire.zone };
}

/** Returns the inputs of a partition, including the window's permission for its range to return empty, or with its rows. */
export function encodePartition(
  partition: Interval & { readonly name: string; readonly status?: PartitionStatus },
  window: Pick<WindowSpec, "schema" | "table" | "key" | "allowEmpty" | "restored">,
): PartitionWire {
  return {
    schema: window.schema,
    table: window.table,
    name: partition.name,
    from: formatInstant(partition.from),
    to: formatInstant(partition.to),
    key: encodeKey(window.key),
    ...(window.allowEmpty.some((interval) => isSameInterval(interval, partition)) ? { allowEmpty: true } : {}),
    ...(window.restored.some(({ range }) => overlaps(range, partition)) ? { restored: true } : {}),
    ...(partition.status ? { status: partition.status } : {}),
  };
}

export function decodePartitionInterval(wire: Pick<PartitionWire, "from" | "to">): Interval {
  return { from: parseInstant(wire.from, "UTC"), to: parseInstant(wire.to, "UTC") };
}

/** Reads inputs from the wire, or reports every problem. */
export function readWire<T extends z.ZodType>(
  schema: T,
  value: unknown,
): { value: z.infer<T> } | { problems: Problem[] } {
  const parsed = schema.safeParse(value, { reportInput: true });
  return parsed.success ? { value: parsed.data } : { problems: toShapeProblems(parsed.error) };
}

function omitEmpty<T>(list: readonly T[]): T[] | undefined {
  return list.length > 0 ? [...list] : undefined;
}

function strip<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}
