import { quote, quoteQualified } from "../../core/names/identifier";
import type { ArchivedFacts, DetachedTable, LedgerDetail, LedgerEntry } from "../../core/observed/ledger";
import type { Observation, ObservedTable } from "../../core/observed/observed-table";
import type { Registration } from "../../core/observed/registration";
import { usePresentNames } from "../../core/problems/renamed";
import { type Instant, parseInstant } from "../../core/time/instant";
import type { OpenInterval } from "../../core/time/interval";
import { KEY_ENCODINGS, parseBound } from "../../core/time/key";
import { type KeyReading, findKeyKindOfType } from "./bounds";
import { toDefault } from "./default-counts";
import { describeObstacles } from "../execute/obstacles";
import { toReplication } from "./replication-rows";
import { type TimeKey, toTree } from "./partition-tree";
import {
  toCarried,
  toColumn,
  toConstraint,
  toDefaultGrant,
  toIndex,
  toKey,
  toRelationKind,
  type PartitionRow,
  type RegistryRow,
  type RelationJson,
  type TableRow,
} from "./rows";

/** Rows read about one table, before the meaning of its key is known. */
export interface RawObservation {
  readonly schema: string;
  readonly name: string;
  readonly table: TableRow;
  readonly partitions: readonly PartitionRow[];
  readonly registry: RegistryRow | undefined;
  /** Rows of the default partition, counted up to a limit. */
  readonly defaultRows: number | undefined;
  /** Schema of pg_partman if it manages the table too. */
  readonly partman: string | undefined;
}

/**
 * Converts rows into the facts that core decides on. `reading` states how numbers and UUIDs of the key encode times; without it
 * the window in the registry does.
 */
export function toObservation(raw: RawObservation, reading: KeyReading | undefined): Observation {
  const relation = raw.table.relation;
  return {
    table: relation === null ? undefined : toTable(raw, relation, reading ?? readRegisteredReading(raw.registry)),
    registration: toRegistration(raw.registry),
    ledger: (raw.registry?.ledger ?? []).map(toEntry),
    detached: (raw.registry?.detached ?? []).map(toDetached),
    defaultGrantees: raw.table.default_grantees ?? [],
    ...(raw.table.default_grants ? { defaultGrants: raw.table.default_grants.map(toDefaultGrant) } : {}),
    role: { name: raw.table.role, superuser: raw.table.superuser },
    replication: toReplication(raw.table),
    now: parseTime(raw.table.now),
    serverVersion: raw.table.server_version,
    obstacles: [...describeObstacles(raw.table), ...noteHiddenPartman(raw)],
    partman: raw.partman,
  };
}

/** Reported only for a table that is not managed yet: later, every preview would repeat it for every table. */
function noteHiddenPartman({ table, registry }: RawObservation): string[] {
  const schema = table.partman_hidden;
  if (schema === null || table.relation === null || registry?.registration) return [];
  const config = quoteQualified(schema, "part_config");
  const role = quote(table.role);
  return [
    `whether pg_partman also creates and drops partitions of this table is unknown, because ${config} is closed to role ${role}: ` +
      `an administrator can look, or run GRANT USAGE ON SCHEMA ${quote(schema)} TO ${role}; GRANT SELECT ON ${config} TO ${role}.`,
  ];
}

/** Reads a time as the server prints it under this product's session settings. */
export function parseTime(text: string): Instant {
  return parseBound(text, "timestamptz", "UTC");
}

function toTable(raw: RawObservation, relation: RelationJson, reading: KeyReading | undefined): ObservedTable {
  const key = toKey(relation);
  const root = raw.partitions.find((partition) => partition.parent === null);
  const fallback = raw.partitions.find((partition) => partition.fallback !== null);
  return {
    schema: raw.schema,
    name: raw.name,
    oid: relation.oid,
    owner: relation.owner,
    kind: toRelationKind(relation.relkind),
    key,
    columns: (relation.columns ?? []).map(toColumn),
    constraints: (relation.constraints ?? []).map(toConstraint),
    indexes: (relation.indexes ?? []).map(toIndex),
    ...toTree(raw.partitions, findTimeKey(relation, reading)),
    defaultPartition: fallback && toDefault(fallback, raw.defaultRows),
    carried: root && toCarried(root.carried),
    referencedBy: relation.referencedBy ?? [],
    wayBack: relation.wayBack ?? undefined,
    comment: relation.comment ?? undefined,
    lastAnalyzed: relation.lastAnalyzed === null ? undefined : parseTime(relation.lastAnalyzed),
    rights: relation.rights,
  };
}

/**
 * Returns the column that holds the time, and its meaning: the table's own key if it is partitioned by range; below LIST and HASH
 * levels the declared column.
 */
function findTimeKey(relation: RelationJson, reading: KeyReading | undefined): TimeKey | undefined {
  const key = toKey(relation);
  const zone = reading?.zone ?? "UTC";
  if (key?.strategy === "range" && key.types.length === 1) {
    const kind = findKeyKindOfType(key.types[0] ?? "", reading);
    return kind && { kind, column: key.columns[0] ?? "", zone };
  }
  const column = (relation.columns ?? []).find((candidate) => candidate.name === reading?.column);
  const kind = column && findKeyKindOfType(column.type, reading);
  return column && kind && { kind, column: column.name, zone };
}

function toRegistration(row: RegistryRow | undefined): Registration | undefined {
  const registration = row?.registration;
  if (!registration) return undefined;
  return {
    ...registration,
    window: registration.window ?? undefined,
    indexes: registration.indexes.map(usePresentNames),
    profile: registration.profile ?? undefined,
    policies: registration.policies ?? [],
    expressions: registration.expressions ?? [],
    publications: registration.publications ?? [],
    prepared: registration.prepared ?? undefined,
    schedule: registration.schedule ?? undefined,
    aliases: registration.aliases ?? [],
  };
}

function toEntry(row: NonNullable<RegistryRow["ledger"]>[number]): LedgerEntry {
  return {
    partition: row.partition,
    branch: row.branch,
    oid: row.oid ?? undefined,
    bounds: toBounds(row),
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
    branch: row.branch,
    bounds: toBounds(row),
    detachedAt: parseTime(row.at),
    dropAfter: row.detail.dropAfter === undefined ? undefined : parseInstant(row.detail.dropAfter, "UTC"),
    toArchive: row.detail.archive ?? false,
    archived: row.archived === null ? undefined : toArchived(row.archived),
    ...(row.foreign ? { foreign: true } : {}),
    fenced: row.fenced,
    awaitsRows: row.event === "restoring",
    ...(row.event === "detaching" ? { unrecorded: true } : {}),
    unreadBy: row.unreadBy ?? [],
    references: row.references ?? [],
    ...(row.parts ? { parts: row.parts } : {}),
    rows: row.rows ?? undefined,
    bytes: row.bytes,
  };
}

/** Reads fields that are always written together, so none is missing. */
function toArchived({ at, ...detail }: LedgerDetail & { readonly at: string }): ArchivedFacts {
  const archivedAt = parseTime(at);
  return {
    manifest: detail.manifest ?? "",
    rows: detail.rows ?? 0,
    bytes: detail.bytes ?? 0,
    objects: detail.objects ?? 0,
    verify: detail.verify ?? "checksum",
    at: archivedAt,
    dropAfter: detail.dropAfter === undefined ? archivedAt : parseInstant(detail.dropAfter, "UTC"),
  };
}

function toBounds(row: { readonly lower: string | null; readonly upper: string | null }): OpenInterval {
  return {
    from: row.lower === null ? undefined : parseTime(row.lower),
    to: row.upper === null ? undefined : parseTime(row.upper),
  };
}

/** Reads the key of the window in the registry. A newer version may have written it, so nothing is assumed about its form. */
function readRegisteredReading(row: RegistryRow | undefined): KeyReading | undefined {
  const window = row?.registration?.window;
  if (typeof window !== "object" || window === null || !("key" in window)) return undefined;
  const key = window.key;
  if (typeof key !== "object" || key === null || !("encoding" in key) || !("zone" in key)) return undefined;
  const encoding = KEY_ENCODINGS.find((candidate) => candidate === key.encoding);
  const column = "column" in key && typeof key.column === "string" ? { column: key.column } : {};
  return encoding === undefined || typeof key.zone !== "string" ? undefined : { encoding, zone: key.zone, ...column };
}
