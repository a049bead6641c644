// Tables as the catalogue would show them, for the rules of adoption.
import type { NamedInterval } from "../../../core/adopt/partition-names";
import type { ObservedPartition, ObservedTable } from "../../../core/observed/observed-table";
import type { ObservedReplication } from "../../../core/observed/replication";
import { type Instant, parseInstant } from "../../../core/time/instant";
import type { OpenInterval } from "../../../core/time/interval";
import { type KeyEncoding, findKeyKind } from "../../../core/time/key";
import { parseBounds } from "../../../postgres/catalog/bounds";

export const at = (text: string): Instant => parseInstant(text, "UTC");

export const part = (name: string, from: string, to: string): NamedInterval => ({ name, from: at(from), to: at(to) });

/** Partitions of five months, under any names. */
export const months = (name: (year: string, month: string) => string): NamedInterval[] =>
  [
    ["2024-11-01", "2024-12-01"],
    ["2024-12-01", "2025-01-01"],
    ["2025-01-01", "2025-02-01"],
    ["2025-02-01", "2025-03-01"],
    ["2025-03-01", "2025-04-01"],
  ].map(([from = "", to = ""]) => part(name(from.slice(0, 4), from.slice(5, 7)), from, to));

export function partitionOf(name: string, bounds: OpenInterval | undefined, boundsText = ""): ObservedPartition {
  const facts = { isDefault: false, partitioned: false, detachPending: false, rows: 1, bytes: 1, carried: undefined };
  return { oid: name, schema: "app", name, boundsText, bounds, ...facts };
}

/** A partition by the text of its bounds, as pg_get_expr prints it. */
export function printedPartition(
  name: string,
  from: string,
  to: string,
  key: { readonly type: string; readonly encoding: KeyEncoding; readonly zone?: string },
): ObservedPartition {
  const text = `FOR VALUES FROM (${from}) TO (${to})`;
  const kind = findKeyKind(key.type, key.encoding);
  return partitionOf(name, kind && parseBounds(text, kind, key.zone ?? "UTC"), text);
}

export function tableOf(partitions: readonly ObservedPartition[], changes: Partial<ObservedTable> = {}): ObservedTable {
  const type = changes.key?.types[0] ?? "timestamp with time zone";
  return {
    schema: "app",
    name: "events",
    oid: "1",
    owner: "me",
    kind: "partitioned",
    key: { strategy: "range", columns: ["at"], types: [type] },
    columns: [{ name: "at", type, nullable: false, default: undefined, identity: undefined }],
    constraints: [],
    indexes: [],
    partitions,
    branches: [],
    carried: undefined,
    referencedBy: [],
    comment: undefined,
    rights: { owner: true, createInSchema: true, ownerCreates: true, role: "me" },
    ...changes,
  };
}

export const REPLICATION: ObservedReplication = {
  walLevel: "logical",
  database: "d",
  role: "me",
  mayCreate: false,
  publications: [],
  slots: [],
};

export const factsOf = (table: ObservedTable, now: Instant, encoding: KeyEncoding = "time", zone = "UTC") => ({
  table,
  partitionIndexes: [],
  replication: REPLICATION,
  now,
  encoding,
  zone,
  columns: false,
});
