// Statements and locks of a conversion, from the functions that write the statements, for a sample table.
import type { AttachSource } from "../../core/conversion/attach/attach-source";
import { planConversion } from "../../core/conversion/attach/plan-attach";
import type { ConversionSource } from "../../core/conversion/source";
import type { CarriedState, ObservedTable } from "../../core/observed/observed-table";
import type { Statement } from "../../core/sql/statement";
import { parseInstant } from "../../core/time/instant";

const carried: CarriedState = {
  owner: "owner",
  ours: true,
  rowSecurity: { enabled: false, forced: false },
  policies: [],
  grants: [],
  replicaIdentity: { kind: "default" },
  options: {},
  toast: undefined,
  tablespace: undefined,
  statistics: {},
  uniqueIndexes: {},
};

/** A table whose primary key lacks the partition key, with one index and one view. */
const events: ObservedTable = {
  schema: "public",
  name: "events",
  oid: "1",
  owner: "owner",
  kind: "plain",
  key: undefined,
  columns: [
    { name: "id", type: "bigint", nullable: false, default: undefined, identity: undefined },
    { name: "at", type: "timestamp with time zone", nullable: false, default: undefined, identity: undefined },
  ],
  constraints: [
    {
      name: "events_pkey",
      kind: "primary",
      columns: ["id"],
      definition: "PRIMARY KEY (id)",
      validated: true,
      references: undefined,
    },
  ],
  indexes: [
    {
      name: "events_at_idx",
      definition: "USING btree (at)",
      unique: false,
      valid: true,
      columns: ["at"],
      constraint: undefined,
    },
  ],
  partitions: [],
  branches: [],
  carried: undefined,
  referencedBy: [],
  comment: undefined,
  rights: { owner: true, createInSchema: true, ownerCreates: true, role: "owner" },
};

const bound: ConversionSource = {
  oid: "1",
  schema: "public",
  name: "events",
  kind: "plain",
  parents: [],
  children: [],
  carried,
  acl: undefined,
  privileges: [],
  columns: [],
  constraints: [],
  indexes: [],
  triggers: [],
  rules: [],
  referring: [],
  sequences: [],
  views: [
    {
      oid: "2",
      schema: "public",
      name: "recent_events",
      kind: "view",
      direct: true,
      definition: "SELECT id, at FROM public.events",
      options: {},
      owner: "owner",
      ours: true,
      acl: undefined,
      privileges: [],
      columnComments: {},
      rules: [],
      triggers: [],
      indexes: [],
      populated: true,
    },
  ],
  functions: [],
  rowTypeUsers: [],
  foreignPolicies: [],
  statistics: [],
  subscriptions: [],
  others: [],
};

const source: AttachSource = {
  table: events,
  bound,
  publications: [],
  defaultGrantees: [],
  key: { column: "at", kind: "timestamptz", zone: "UTC" },
  historyUntil: parseInstant("2027-01-01", "UTC"),
  historyName: "events_history",
  primaryKey: ["id", "at"],
};

/** The comparison with what was read is shortened. */
const plan = planConversion(source, { query: "SELECT …", answer: "…" });

export const convertByAttach: readonly Statement[] = [...plan.prepare, ...plan.swap, ...plan.settle];
