// Facts about a plain table that nothing stands against, for tests that change one of them.
import type { ConversionFacts, KeyFacts, KeyRows } from "../../../core/conversion/analyze/facts";
import type { ConversionSource } from "../../../core/conversion/source";
import { NOTHING_PUBLISHED } from "../../../core/observed/replication";
import type { ObservedColumn, ObservedIndex, ObservedTable } from "../../../core/observed/observed-table";
import { parseInstant } from "../../../core/time/instant";

export function column(name: string, type: string, more: Partial<ObservedColumn> = {}): ObservedColumn {
  return { name, type, nullable: false, default: undefined, identity: undefined, ...more };
}

/** A primary or unique key with its index. */
export function uniqueKey(
  name: string,
  kind: "primary" | "unique",
  columns: readonly string[],
): Pick<ObservedTable, "constraints" | "indexes"> {
  const definition = `${kind === "primary" ? "PRIMARY KEY" : "UNIQUE"} (${columns.join(", ")})`;
  return {
    constraints: [{ name, kind, columns, definition, validated: true, references: undefined }],
    indexes: [index(name, columns, { unique: true, constraint: { name, kind, definition } })],
  };
}

export function index(name: string, columns: readonly string[], more: Partial<ObservedIndex> = {}): ObservedIndex {
  return {
    name,
    definition: `USING btree (${columns.join(", ")})`,
    unique: false,
    valid: true,
    columns,
    constraint: undefined,
    ...more,
  };
}

const TABLE: ObservedTable = {
  schema: "app",
  name: "events",
  oid: "1",
  owner: "app",
  kind: "plain",
  key: undefined,
  columns: [column("id", "bigint"), column("at", "timestamp with time zone"), column("note", "text")],
  ...uniqueKey("events_pkey", "primary", ["id", "at"]),
  partitions: [],
  branches: [],
  carried: undefined,
  referencedBy: [],
  comment: undefined,
  rights: { owner: true, createInSchema: true, ownerCreates: true, role: "app" },
};

const SOURCE: ConversionSource = {
  oid: "1",
  schema: "app",
  name: "events",
  kind: "plain",
  parents: [],
  children: [],
  carried: {
    owner: "app",
    ours: true,
    rowSecurity: { enabled: false, forced: false },
    policies: [],
    grants: [],
    replicaIdentity: { kind: "default" },
    options: {},
    toast: undefined,
    tablespace: "pg_default",
    statistics: {},
    uniqueIndexes: {},
  },
  acl: undefined,
  privileges: [],
  columns: [],
  constraints: [],
  indexes: [],
  triggers: [],
  rules: [],
  referring: [],
  sequences: [],
  views: [],
  functions: [],
  rowTypeUsers: [],
  foreignPolicies: [],
  statistics: [],
  subscriptions: [],
  others: [],
};

export const ROWS: KeyRows = {
  from: "index",
  read: undefined,
  nulls: 0,
  nullsCapped: false,
  min: "2026-01-01 00:00:00+00",
  max: "2026-11-28 00:00:00+00",
  minTime: parseInstant("2026-01-01", "UTC"),
  maxTime: parseInstant("2026-11-28", "UTC"),
};

export const KEY: KeyFacts = {
  column: "at",
  type: "timestamp with time zone",
  encoding: "time",
  kind: "timestamptz",
  zone: "UTC",
  rivals: [],
  rows: ROWS,
  scanSeconds: 2,
};

interface Changes {
  readonly table?: Partial<ObservedTable>;
  readonly source?: Partial<ConversionSource>;
  readonly facts?: Partial<Omit<ConversionFacts, "table" | "source">>;
}

export function factsWith({ table, source, facts }: Changes = {}): ConversionFacts {
  return {
    table: { ...TABLE, ...table },
    source: { ...SOURCE, ...source },
    replication: NOTHING_PUBLISHED,
    obstacles: [],
    serverVersion: 18,
    now: parseInstant("2026-11-29T12:00:00Z", "UTC"),
    missingRights: [],
    activity: {
      rows: 1_000_000,
      heapBytes: 100_000_000,
      indexBytes: 40_000_000,
      toastBytes: 0,
      inserts: 1_000_000,
      updates: 0,
      hotUpdates: 0,
      deletes: 0,
      sequentialScans: 0,
      seconds: 86_400,
      server: {
        maxWalBytes: 1_073_741_824,
        lockCapacity: 6400,
        oldTransactions: [],
        preparedTransactions: [],
        replicas: [],
        slots: [],
        seesAll: true,
      },
    },
    statistics: [],
    key: KEY,
    every: "month",
    historyUntil: parseInstant("2027-01-01", "UTC"),
    texts: { statistics: "read", statements: [], functions: [] },
    ...facts,
  };
}
