import type { IndexArgs, TableSpecArgs } from "../../components";

/**
 * Arxos' four logs. Parents end in `_partitioned`, partitions do not: callers know both names. Its guide gives keys,
 * indexes, retentions and reasons; the other columns are those that its queries name.
 */
export const arxos = {
  audit_logs: {
    table: "audit_logs_partitioned",
    columns: {
      id: "bigserial",
      user_id: "text",
      object_id: { type: "text", nullable: true },
      action: "text",
      payload: { type: "jsonb", nullable: true },
      created_at: { type: "timestamptz", default: "now()" },
    },
    primaryKey: ["id", "created_at"],
    partitionBy: [{ range: "created_at", every: "month", name: "audit_logs_p{yyyy}_{mm}" }],
    defaultPartition: { name: "audit_logs_p_default" },
    window: { lead: "3 months", retention: "12 months" },
    onExpire: "detach",
    schedule: { cron: "0 2 * * *" },
    indexes: {
      user_id: declareIndex("user_id"),
      user_created: declareIndex("user_id", "created_at"),
      action: declareIndex("action"),
    },
    reason: "compliance and audit requirements",
    dataClass: "audit",
    owner: "arxos-platform",
  },
  object_history: {
    table: "object_history_partitioned",
    columns: {
      id: "bigserial",
      object_id: "text",
      type: "text",
      user_id: { type: "text", nullable: true },
      change: { type: "jsonb", nullable: true },
      changed_at: { type: "timestamptz", default: "now()" },
    },
    primaryKey: ["id", "changed_at"],
    partitionBy: [{ range: "changed_at", every: "month", name: "object_history_p{yyyy}_{mm}" }],
    defaultPartition: { name: "object_history_p_default" },
    window: { lead: "3 months", retention: "12 months" },
    onExpire: "detach",
    schedule: { cron: "0 2 * * *" },
    indexes: {
      object_id: declareIndex("object_id"),
      object_changed: declareIndex("object_id", "changed_at"),
    },
    // Other systems follow the changes; each reads them through its own slot.
    publications: { arxos_changes: { viaRoot: true, create: { publish: ["insert"] } } },
    reason: "change tracking and rollback",
    dataClass: "change-history",
    owner: "arxos-platform",
  },
  slow_query_log: {
    table: "slow_query_log_partitioned",
    columns: {
      id: "bigserial",
      severity: "text",
      duration: "double precision",
      query: "text",
      timestamp: { type: "timestamptz", default: "now()" },
    },
    primaryKey: ["id", "timestamp"],
    partitionBy: [{ range: "timestamp", every: "month", name: "slow_query_log_p{yyyy}_{mm}" }],
    defaultPartition: { name: "slow_query_log_p_default" },
    window: { lead: "3 months", retention: "6 months" },
    onExpire: "detach",
    schedule: { cron: "0 2 * * *" },
    indexes: {
      severity: declareIndex("severity", "timestamp"),
      duration: declareIndex("duration"),
    },
    reason: "performance analysis and optimization",
    dataClass: "telemetry",
    owner: "arxos-platform",
  },
  chat_messages: {
    table: "chat_messages_partitioned",
    columns: {
      id: "bigserial",
      user_id: "text",
      room_id: "text",
      message: "text",
      created_at: { type: "timestamptz", default: "now()" },
    },
    primaryKey: ["id", "created_at"],
    partitionBy: [{ range: "created_at", every: "month", name: "chat_messages_p{yyyy}_{mm}" }],
    defaultPartition: { name: "chat_messages_p_default" },
    window: { lead: "3 months", retention: "12 months" },
    onExpire: "detach",
    schedule: { cron: "0 2 * * *" },
    indexes: {
      user_id: declareIndex("user_id"),
      user_created: declareIndex("user_id", "created_at"),
    },
    // A user reads only their own rows, through the table; its partitions are closed.
    grants: { arxos_app: ["select", "insert"] },
    rowSecurity: {
      policies: {
        own_messages: { roles: ["arxos_app"], using: "user_id = current_setting('arxos.user_id', true)" },
      },
    },
    reason: "communication history",
    dataClass: "personal",
    owner: "arxos-platform",
  },
} satisfies Record<string, TableSpecArgs>;

/** Returns an index: `idx_audit_logs_partitioned_user_id` on the parent, `idx_audit_logs_p2024_01_user_id` on a partition. */
function declareIndex(...columns: string[]): IndexArgs {
  return { columns, name: "idx_{table}_{index}", partitionIndexName: "idx_{partition}_{index}" };
}
