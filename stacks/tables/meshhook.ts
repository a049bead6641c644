import type { TableSpecArgs } from "../../components";

/** MeshHook's event sourcing log. Names and columns are those that its callers already use. */
export const meshhook = {
  workflow_events: {
    table: "workflow_events",
    columns: {
      id: "bigserial",
      run_id: "uuid",
      ts: { type: "timestamptz", default: "now()" },
      type: "text",
      payload: "jsonb",
      created_at: { type: "timestamptz", default: "now()" },
    },
    primaryKey: ["id", "ts"],
    foreignKeys: {
      workflow_events_run_id_fkey: {
        columns: ["run_id"],
        references: { schema: "public", table: "workflow_runs", columns: ["id"] },
        onDelete: "cascade",
      },
    },
    partitionBy: [{ range: "ts", every: "month", name: "{table}_y{yyyy}m{mm}" }],
    window: { lead: "3 months", retention: "12 months" },
    // The safe default: an environment that wants drops sets it in its configuration.
    onExpire: "detach",
    schedule: { cron: "0 2 * * *" },
    indexes: {
      run_id: { columns: ["run_id"], name: "{table}_run_id_idx", partitionIndexName: "{partition}_run_id_idx" },
      run_ts: { columns: ["run_id", "ts"], name: "{table}_run_ts_idx", partitionIndexName: "{partition}_run_ts_idx" },
      type: { columns: ["type"], name: "{table}_type_idx", partitionIndexName: "{partition}_type_idx" },
    },
    reason: "debugging and replay of workflow runs",
    dataClass: "operational",
    owner: "meshhook-platform",
  },
} satisfies Record<string, TableSpecArgs>;
