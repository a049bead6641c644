import type {
  DetachedTable,
  LedgerEntry,
  Observation,
  ObservedLeaf,
  ObservedTable,
  Registration,
} from "../core/observed";
import { type Instant, parseInstant } from "../core/time/instant";
import type { OpenInterval } from "../core/time/interval";
import { KEY_ENCODINGS, type KeyKind, parseBound } from "../core/time/key";
import { type KeyReading, kindOf, parseBounds } from "./bounds";
import { describeObstacles } from "./obstacles";
import {
  columnOf,
  constraintOf,
  indexOf,
  keyOf,
  kindOfRelation,
  type LeafRow,
  type RegistryRow,
  type RelationJson,
  type TableRow,
} from "./rows";

/** What was read about one table, before anybody says how its key is to be understood. */
export interface RawObservation {
  readonly schema: string;
  readonly name: string;
  readonly table: TableRow;
  readonly leaves: readonly LeafRow[];
  readonly registry: RegistryRow | undefined;
}

/**
 * Turns rows into what core decides on. `reading` says how numbers and UUIDs of the key are times; without it the window
 * in the registry says so.
 */
export function toObservation(raw: RawObservation, reading: KeyReading | undefined): Observation {
  const relation = raw.table.relation;
  return {
    table: relation === null ? undefined : toTable(raw, relation, reading ?? registeredReading(raw.registry)),
    registration: toRegistration(raw.registry),
    ledger: (raw.registry?.ledger ?? []).map(toEntry),
    detached: (raw.registry?.detached ?? []).map(toDetached),
    now: parseTime(raw.table.now),
    obstacles: describeObstacles(raw.table),
  };
}

/** A time as the server prints it under our session settings. */
export function parseTime(text: string): Instant {
  return parseBound(text, "timestamptz", "UTC");
}

function toTable(raw: RawObservation, relation: RelationJson, reading: KeyReading | undefined): ObservedTable {
  const key = keyOf(relation);
  const type = key?.strategy === "range" && key.types.length === 1 ? key.types[0] : undefined;
  const kind = type === undefined ? undefined : kindOf(type, reading);
  return {
    schema: raw.schema,
    name: raw.name,
    oid: relation.oid,
    owner: relation.owner,
    kind: kindOfRelation(relation.relkind),
    key,
    columns: (relation.columns ?? []).map(columnOf),
    constraints: (relation.constraints ?? []).map(constraintOf),
    indexes: (relation.indexes ?? []).map(indexOf),
    leaves: raw.leaves.map((leaf) => toLeaf(leaf, kind, reading?.zone ?? "UTC")),
    referencedBy: relation.referencedBy ?? [],
    rights: relation.rights,
  };
}

function toLeaf(row: LeafRow, kind: KeyKind | undefined, zone: string): ObservedLeaf {
  return {
    oid: row.oid,
    schema: row.schema,
    name: row.name,
    boundsText: row.bounds,
    bounds: kind && parseBounds(row.bounds, kind, zone),
    isDefault: row.bounds === "DEFAULT",
    partitioned: row.partitioned,
    detachPending: row.pending,
    rows: row.rows === null ? undefined : Number(row.rows),
    bytes: Number(row.bytes ?? 0),
  };
}

function toRegistration(row: RegistryRow | undefined): Registration | undefined {
  const registration = row?.registration;
  if (!registration) return undefined;
  return { ...registration, window: registration.window ?? undefined };
}

function toEntry(row: NonNullable<RegistryRow["ledger"]>[number]): LedgerEntry {
  return {
    partition: row.partition,
    oid: row.oid ?? undefined,
    bounds: boundsOf(row),
    event: row.event,
    at: parseTime(row.at),
    detail: row.detail,
  };
}

function toDetached(row: NonNullable<RegistryRow["detached"]>[number]): DetachedTable {
  return {
    schema: row.schema,
    name: row.name,
    oid: row.oid,
    bounds: boundsOf(row),
    detachedAt: parseTime(row.at),
    dropAfter: row.detail.dropAfter === undefined ? undefined : parseInstant(row.detail.dropAfter, "UTC"),
    rows: row.rows ?? undefined,
    bytes: row.bytes,
  };
}

function boundsOf(row: { readonly lower: string | null; readonly upper: string | null }): OpenInterval {
  return {
    from: row.lower === null ? undefined : parseTime(row.lower),
    to: row.upper === null ? undefined : parseTime(row.upper),
  };
}

/** The key of the window that the registry keeps: written by us, but perhaps by a newer version, so nothing is taken for granted. */
function registeredReading(row: RegistryRow | undefined): KeyReading | undefined {
  const window = row?.registration?.window;
  if (typeof window !== "object" || window === null || !("key" in window)) return undefined;
  const key = window.key;
  if (typeof key !== "object" || key === null || !("encoding" in key) || !("zone" in key)) return undefined;
  const encoding = KEY_ENCODINGS.find((candidate) => candidate === key.encoding);
  return encoding === undefined || typeof key.zone !== "string" ? undefined : { encoding, zone: key.zone };
}
