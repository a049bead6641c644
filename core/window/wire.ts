import { createHash } from "node:crypto";
import { z } from "zod";
import { archiveFromWire, archiveWireSchema } from "../archive/archive-spec";
import { urlProblems } from "../archive/table-destination";
import { holdFromWire, holdsWireSchema, holdToWire } from "../spec/holds";
import { backupFromWire, backupToWire, backupWireSchema } from "../spec/backup";
import { restoredFromWire, restoredToWire, restoredWireSchema } from "../spec/restored";
import { retireHoursWireSchema } from "../spec/retire-hours";
import { scheduleSpecSchema } from "../spec/schedule";
import { onExpireSchema } from "../spec/schema";
import { shapeProblems } from "../spec/shape-problems";
import type { WindowSpec } from "../spec/spec";
import type { Problem } from "../problem";
import { formatInstant, parseInstant } from "../time/instant";
import { gridFromWire, gridToWire, gridWireSchema } from "../time/grid-wire";
import { levelsFromWire, levelsToWire, levelsWireSchema } from "../levels/wire";
import { formatInterval, parseInterval } from "../time/interval";
import { KEY_ENCODINGS, type KeyKind } from "../time/key";
import { isZone } from "../time/period";
import { parseSpan, type ParsedSpan, spanText } from "../time/span";
import type { DesiredPartition } from "./window";

/**
 * How a WindowSpec travels: the inputs of PartitionWindow, and what the registry keeps. Spans stay words and times ISO
 * text, because policies and people read them.
 */
const span = z.string().refine((text) => parseSpan(text) !== undefined, "not a span with a unit");
const instant = z.string().refine((text) => attempt(() => parseInstant(text, "UTC")), "not an ISO 8601 time");
const interval = z.string().refine((text) => attempt(() => parseInterval(text)), "not an ISO 8601 interval");

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
  lead: z.union([span, z.object({ until: instant })]),
  retention: z.union([z.literal("forever"), span]),
  start: instant.optional(),
  onExpire: onExpireSchema,
  archive: archiveWireSchema.optional(),
  holds: holdsWireSchema.optional(),
  approvedBy: z.string().optional(),
  grace: span.optional(),
  maxDropsPerUpdate: z.number().int().min(1),
  confirmDrops: z.array(interval).optional(),
  allowEmpty: z.array(interval).optional(),
  restored: restoredWireSchema.optional(),
  allowRetireBetween: retireHoursWireSchema.optional(),
  requireBackupSince: backupWireSchema.optional(),
  paused: z.boolean().optional(),
  analyze: span.optional(),
  schedule: scheduleSpecSchema.optional(),
  reason: z.string().optional(),
  dataClass: z.string().optional(),
  owner: z.string().optional(),
  resources: z.enum(["partition", "window"]),
});

export type WindowWire = z.infer<typeof windowWireSchema>;

/** The declared keys of PartitionWindow's inputs, in a stable order. */
export const WINDOW_WIRE_KEYS = Object.keys(windowWireSchema.shape);

export function windowToWire(spec: WindowSpec): WindowWire {
  return withoutUndefined({
    schema: spec.schema,
    table: spec.table,
    ownsTable: spec.ownsTable ? undefined : false,
    key: withoutUndefined({ ...spec.key }),
    grid: gridToWire(spec.grid),
    levels: levelsToWire(spec.levels),
    lead: "until" in spec.lead ? { until: formatInstant(spec.lead.until) } : spanText(spec.lead),
    retention: spec.retention === "forever" ? spec.retention : spanText(spec.retention),
    start: spec.start && formatInstant(spec.start),
    onExpire: spec.onExpire,
    archive: spec.archive && withoutUndefined({ ...spec.archive }),
    holds: spec.holds.length > 0 ? spec.holds.map(holdToWire) : undefined,
    approvedBy: spec.approvedBy,
    grace: spec.grace && spanText(spec.grace),
    maxDropsPerUpdate: spec.maxDropsPerUpdate,
    confirmDrops: spec.confirmDrops.length > 0 ? spec.confirmDrops.map(formatInterval) : undefined,
    allowEmpty: spec.allowEmpty.length > 0 ? spec.allowEmpty.map(formatInterval) : undefined,
    restored: spec.restored.length > 0 ? spec.restored.map(restoredToWire) : undefined,
    allowRetireBetween: spec.allowRetireBetween,
    requireBackupSince: spec.requireBackupSince && backupToWire(spec.requireBackupSince),
    paused: spec.paused || undefined,
    analyze: spec.analyze && spanText(spec.analyze),
    schedule: spec.schedule,
    reason: spec.reason,
    dataClass: spec.dataClass,
    owner: spec.owner,
    resources: spec.resources,
  }) as WindowWire;
}

type FromWire = { readonly spec: WindowSpec } | { readonly problems: readonly Problem[] };

/** Reads a window from the wire. Unknown further keys are left alone: a newer version may have written them. */
export function windowFromWire(value: unknown): FromWire {
  const parsed = windowWireSchema.safeParse(value, { reportInput: true });
  if (!parsed.success) return { problems: shapeProblems(parsed.error) };
  const wire = parsed.data;
  const url = wire.archive?.table?.url;
  const problems = url === undefined ? [] : urlProblems(url, "archive.table.url");
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
      grid: gridFromWire(wire.grid),
      levels: levelsFromWire(wire.levels),
      lead: typeof wire.lead === "string" ? requireSpan(wire.lead) : { until: parseInstant(wire.lead.until, "UTC") },
      retention: wire.retention === "forever" ? "forever" : requireSpan(wire.retention),
      start: wire.start === undefined ? undefined : parseInstant(wire.start, "UTC"),
      onExpire: wire.onExpire,
      archive: wire.archive === undefined ? undefined : archiveFromWire(wire.archive),
      holds: (wire.holds ?? []).map(holdFromWire),
      approvedBy: wire.approvedBy,
      grace: wire.grace === undefined ? undefined : requireSpan(wire.grace),
      maxDropsPerUpdate: wire.maxDropsPerUpdate,
      confirmDrops: (wire.confirmDrops ?? []).map(parseInterval),
      allowEmpty: (wire.allowEmpty ?? []).map(parseInterval),
      restored: (wire.restored ?? []).map(restoredFromWire),
      allowRetireBetween: wire.allowRetireBetween,
      requireBackupSince: wire.requireBackupSince && backupFromWire(wire.requireBackupSince),
      paused: wire.paused ?? false,
      analyze: wire.analyze === undefined ? undefined : requireSpan(wire.analyze),
      schedule: wire.schedule,
      reason: wire.reason,
      dataClass: wire.dataClass,
      owner: wire.owner,
      resources: wire.resources,
    },
  };
}

/**
 * A digest of the partitions that a program declares. PartitionWindow compares it with what its own inputs mean: a
 * transform or ignoreChanges that reached only one of the two would otherwise retire what the other still wants.
 */
export function digestPartitions(partitions: readonly DesiredPartition[]): string {
  const text = partitions.map((partition) => `${partition.name} ${formatInterval(partition)}`).join("\n");
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, 16);
}

function requireSpan(text: string): ParsedSpan {
  const parsed = parseSpan(text);
  if (!parsed) throw new RangeError(`"${text}" is not a span`);
  return parsed;
}

function attempt(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}
