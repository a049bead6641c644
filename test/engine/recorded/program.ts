// A program with every resource type of the provider and nearly every argument, as a state of it was recorded; by its present names.
import type { TableSpecArgs } from "../../../core/declare/table/args";
import type { TestDatabase } from "../../support/database";
import type { EngineDeclaration } from "../../support/harness/program";
import { administer } from "../../support/database";

const ROLES = ["recorded_app", "recorded_reader"] as const;
const [APP, READER] = ROLES;

/** Roles belong to the server: the replayed statements need them to exist. */
export async function createRoles(database: TestDatabase): Promise<void> {
  await administer(database, async (admin) => {
    for (const role of ROLES) await admin.query(`drop role if exists ${role}; create role ${role}`);
  });
}

export async function dropRoles(database: TestDatabase): Promise<void> {
  await database.query(`drop owned by ${ROLES.join(", ")} cascade`);
  await administer(database, (admin) => admin.query(`drop role ${ROLES.join(", ")}`));
}

/** Objects that the program takes for granted, created by its role. */
export const BEFORE = `
create schema app;

create schema parts;

create table app.tenants (id uuid primary key);

create table app.programs (program_id text primary key, end_date date not null);

insert into app.programs values ('alpha', '9999-01-01'), ('beta', '2000-01-01');

create table app.sites (site_id text, program_id text, primary key (site_id, program_id));

insert into app.sites values ('north', 'alpha'), ('South-1', 'alpha');

create table app.inherited (id bigint not null, day date not null) partition by range (day);

create table app.inherited_2025_02 partition of app.inherited for values from ('2025-02-01') to ('2025-03-01');
`;

/** Rows of what the second update detaches and archives. */
export const BETWEEN = `
insert into app.audit (id, at, note) select n, timestamptz '2025-01-05 00:00+00' + n * interval '1 hour', 'note ' || n from generate_series(1, 20) n;

insert into app.metrics (at, value) select 1736000000000 + n * 1000, n from generate_series(1, 20) n;
`;

const MONTHLY = [{ range: "at", every: "month" }] as const;

/** Columns, constraints, indexes and everything that a partition carries; detached partitions stay. */
const events: TableSpecArgs = {
  schema: "app",
  table: "events",
  columns: {
    id: { type: "bigint", identity: "by default" },
    tenant: { type: "uuid", nullable: true, comment: "null: of all tenants" },
    at: { type: "timestamptz", default: "now()" },
    kind: { type: "text", default: "'other'" },
    note: { type: "text", nullable: true },
  },
  comment: "what happened",
  primaryKey: ["id", "at"],
  uniques: { events_once: ["tenant", "kind", "at"] },
  checks: {
    kinds: "kind in ('login', 'logout', 'other')",
    short_notes: { expression: "length(note) < 1000", validate: false },
  },
  foreignKeys: {
    events_tenant: {
      columns: ["tenant"],
      references: { schema: "app", table: "tenants", columns: ["id"] },
      onDelete: "cascade",
      deferrable: "initially immediate",
    },
  },
  partitionBy: [{ range: "at", every: "month", zone: "Europe/Berlin", name: "{table}_{yyyy}_{mm}" }],
  window: { lead: "1 month", retention: "2 months", start: "2025-01-01" },
  indexes: {
    by_row: { columns: ["id", "at"], unique: true, partitionIndexName: "{partition}_row" },
    by_note: {
      columns: [
        { expression: "lower(note)", opclass: "text_pattern_ops" },
        { column: "at", order: "desc", nulls: "last" },
      ],
      include: ["kind"],
      where: "note is not null",
      name: "{table}_notes",
    },
    by_time: { columns: ["at"], method: "brin" },
  },
  rowSecurity: {
    force: true,
    policies: {
      own: { roles: [APP], using: "tenant = current_setting('app.tenant')::uuid" },
      no_logout: { command: "insert", roles: [APP], withCheck: "kind <> 'logout'", restrictive: true },
    },
    partitionAccess: "mirror",
  },
  grants: { [APP]: ["select", "insert"], [READER]: ["select"] },
  partitionSchema: "parts",
  replicaIdentity: { index: "by_row" },
  publications: {
    recorded_stream: { create: { publish: ["insert", "update"] }, columns: ["id", "at", "kind"], viaRoot: true },
    recorded_some: { create: { publish: ["insert"] }, where: "kind = 'login'" },
  },
  statistics: { kind: 500 },
  storage: {
    hot: { options: { fillfactor: 90, autovacuum_vacuum_scale_factor: 0.02 }, toast: { autovacuum_enabled: true } },
    cold: { after: "1 month", options: { fillfactor: 100 }, freeze: true },
  },
  onExpire: "detach",
  holds: [{ from: "2024-01-01", to: "2024-03-01", reason: "case 7" }],
  confirmDrops: ["2023-01-01T00:00:00Z/2023-02-01T00:00:00Z"],
  schedule: { cron: "0 2 * * *", zone: "UTC" },
  functionNames: {
    ensure: "events_ensure",
    window: "events_window",
    values: "events_values",
    expired: "events_expired",
    info: "events_info",
    stats: "events_stats",
    sizes: "events_sizes",
    analyze: "events_analyze",
    runway: "events_runway",
  },
  reason: "audits",
  dataClass: "audit",
  owner: "team@example.com",
};

/** Archived to objects; one archived month is a partition again. */
const audit = (folder: string): TableSpecArgs => ({
  schema: "app",
  table: "audit",
  columns: { id: "bigint", at: "timestamptz", note: { type: "text", nullable: true } },
  primaryKey: ["id", "at"],
  partitionBy: MONTHLY,
  window: { lead: "1 month", retention: "2 months" },
  indexes: { by_note: { columns: ["note"] } },
  rowSecurity: { policies: { own: { using: "id > 0" } } },
  onExpire: "archive",
  archive: { to: `file://${folder}`, format: "csv", verify: "readBack", spoolMegabytes: 16 },
  grace: "none",
  schedule: { none: "pulumi up runs every hour" },
});

/** Archived to a table; epochs as key, segments of different lengths, a default partition. */
const metrics: TableSpecArgs = {
  schema: "app",
  table: "metrics",
  columns: { at: "bigint", value: { type: "double precision", nullable: true } },
  partitionBy: [
    {
      range: "at",
      key: "epoch-ms",
      grid: [
        { every: "month" },
        { from: "2025-04-01", to: "2025-04-20", every: "whole", name: "metrics_outage" },
        { from: "2025-04-20", every: "month" },
      ],
    },
  ],
  window: { lead: "1 month", retention: "2 months" },
  defaultPartition: { name: "{table}_rest" },
  replicaIdentity: "full",
  onExpire: "archive",
  archive: { to: { table: "app.metrics_history" } },
};

/** Three kinds of levels; partitions are no resources. */
const readings: TableSpecArgs = {
  schema: "app",
  table: "readings",
  columns: {
    reading_id: "uuid",
    program_id: "text",
    site_id: "text",
    at: "timestamptz",
    value: { type: "int", nullable: true },
  },
  primaryKey: ["reading_id", "program_id", "site_id", "at"],
  partitionBy: [
    {
      list: "program_id",
      values: { from: "programs", column: "program_id", where: "end_date > date '2025-03-01'", trigger: true },
      cleanupAfter: "1 month",
    },
    {
      list: "site_id",
      values: { from: "sites", column: "site_id", parent: "program_id" },
      name: "{base}_site_{value}",
    },
    { range: "at", every: "month", overrides: [{ when: { site_id: "north" }, every: "quarter" }] },
    { hash: "reading_id", modulus: 2 },
  ],
  window: { lead: "1 month", retention: "12 months", start: "2025-02-01" },
  indexes: { by_value: { columns: ["value"] } },
  grants: { [READER]: ["select"] },
  rowSecurity: { enable: true, policies: {}, partitionAccess: "closed" },
  schedule: { cron: "30 3 * * 1", job: "recorded-readings", active: false },
  onExpire: "drop",
  paused: true,
};

/** Branches of given values, each with weeks of UUIDs. */
const parcels: TableSpecArgs = {
  schema: "app",
  table: "parcels",
  columns: { id: "uuid", region: "text" },
  primaryKey: ["id", "region"],
  partitionBy: [
    { list: "region", values: ["EU", "US"], slug: true },
    { range: "id", key: "uuidv7", every: "quarter" },
  ],
  window: { lead: { until: "2025-12-01" }, retention: "1 year" },
  onExpire: "drop",
  grace: "30 days",
  maxDropsPerUpdate: 5,
};

/** Another tool's table with every guard of retirement. */
const inherited: TableSpecArgs = {
  schema: "app",
  table: "inherited",
  partitionBy: [{ range: "day", every: "month" }],
  window: { lead: "1 month", retention: "forever", start: "2025-02-01" },
  resources: "window",
  rowSecurity: { copyFrom: "app.audit" },
  onExpire: "drop",
  approvedBy: "CHG-1",
  allowEmpty: ["2024-01-01T00:00:00Z/2024-02-01T00:00:00Z"],
  allowRetireBetween: { from: "22:00", to: "05:00", zone: "Europe/Berlin" },
  allowRetireOn: ["saturday", "sunday"],
  requireBackupSince: { query: "select now()", within: "24 hours" },
};

const database = {
  sizes: { small: "1 GB", warn: "2 GB", alert: "3 GB" },
  maxBytesPerUpdate: "100 GB",
  lockTimeoutMs: 90,
  lockBudgetMs: 30_000,
  poolSize: 3,
  allowDestroy: ["app.parcels"],
  defaults: { owner: "platform@example.com" },
};

/** The first update, and the second one three months later. `folder` has the archives. */
export function programs(folder: string): readonly [EngineDeclaration, EngineDeclaration] {
  const tables = { events, audit: audit(folder), metrics, readings, parcels, inherited };
  return [
    { tables, asOf: "2025-03-10T00:00:00Z", more: database },
    {
      tables: { ...tables, audit: { ...audit(folder), restored: ["2025-01"] } },
      asOf: "2025-05-10T00:00:00Z",
      more: database,
    },
  ];
}
