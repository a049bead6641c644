import * as pulumi from "@pulumi/pulumi";
import { ManagementSchema, PartitionedTable, Provider, type TableSpecArgs } from "../../components";

// `pulumi config set rollbackUntil 2027-01-15` keeps the former tables equal until then: `until verify` takes all four conversions back
// with every row written since, and without it the next update swaps them again. Nothing is archived or dropped meanwhile.
const config = new pulumi.Config();
const until = config.get("until");
const rollbackUntil = config.get("rollbackUntil");
const archive = { to: config.get("archive") ?? "s3://arxos-archive" };

const fleet: readonly TableSpecArgs[] = [
  {
    table: "audit_logs",
    columns: { id: "bigserial", user_id: "uuid", action: "text", created_at: "timestamptz" },
    primaryKey: ["id", "created_at"],
    partitionBy: [{ range: "created_at", every: "month", name: "{table}_p{yyyy}_{mm}" }],
    window: { lead: "3 months", retention: "12 months" },
    onExpire: "archive", // "compliance" data that is dropped is lost
    archive,
    defaultPartition: { name: "{table}_p_default" },
    reason: "compliance and audit requirements",
    dataClass: "audit",
    indexes: {
      user_id: { columns: ["user_id"], name: "idx_{table}_{index}" },
      user_created: { columns: ["user_id", "created_at"], name: "idx_{table}_{index}" },
    },
    functionNames: { ensure: "create_audit_logs_partition" },
  },
  {
    table: "object_history",
    columns: { id: "bigserial", object_id: "text", changed_at: "timestamptz", change: "jsonb" },
    primaryKey: ["id", "changed_at"],
    partitionBy: [{ range: "changed_at", every: "month", name: "{table}_p{yyyy}_{mm}" }],
    window: { lead: "3 months", retention: "12 months" },
    onExpire: "drop",
    reason: "change tracking and rollback",
    indexes: { object_changed: { columns: ["object_id", "changed_at"], name: "idx_{table}_{index}" } },
  },
  {
    table: "slow_query_log",
    columns: { id: "bigserial", severity: "text", duration_ms: "integer", query: "text", timestamp: "timestamptz" },
    primaryKey: ["id", "timestamp"],
    partitionBy: [{ range: "timestamp", every: "month", name: "{table}_p{yyyy}_{mm}" }],
    window: { lead: "3 months", retention: "6 months" },
    onExpire: "drop",
    reason: "performance analysis and optimization",
    indexes: { severity: { columns: ["severity", "timestamp"], name: "idx_{table}_{index}" } },
  },
  {
    table: "chat_messages",
    columns: { id: "bigserial", user_id: "uuid", body: "text", created_at: "timestamptz" },
    primaryKey: ["id", "created_at"],
    partitionBy: [{ range: "created_at", every: "month", name: "{table}_p{yyyy}_{mm}" }],
    window: { lead: "3 months", retention: "12 months" },
    onExpire: "drop",
    reason: "communication history",
    dataClass: "personal",
    indexes: { user_created: { columns: ["user_id", "created_at"], name: "idx_{table}_{index}" } },
  },
];

const provider = new Provider("arxos", {}); // the connection is that of PGHOST, PGUSER, PGPASSFILE and so on
let before: pulumi.Resource = new ManagementSchema("management", { schema: "pgpartition" }, { provider });
// Each waits for the one before it: one copy at a time is load enough.
for (const table of fleet)
  before = new PartitionedTable(
    table.table,
    {
      schema: "public",
      // Creates partitions every night while `pulumi up` does not run, and deletes nothing.
      schedule: { cron: "0 2 * * *" },
      convertFrom: {
        strategy: "copy",
        ...(until === "verify" ? { until } : {}),
        ...(rollbackUntil === undefined ? {} : { rollbackUntil }),
      },
      ...table,
    },
    { provider, dependsOn: before },
  );
