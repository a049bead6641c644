import type { TableSpecArgs } from "../../../core/declare/table/args";
import { requireTableSpec } from "../../../core/declare/table/parse";
import type { TableSpec, WindowSpec } from "../../../core/declare/table/spec";

/** A declaration in which nothing is wrong: tests change one thing. */
export const VALID: TableSpecArgs = {
  table: "workflow_events",
  columns: {
    id: "bigserial",
    run_id: "uuid",
    ts: { type: "timestamptz", default: "now()" },
    type: "text",
    payload: { type: "jsonb", nullable: true },
  },
  primaryKey: ["id", "ts"],
  uniques: { one_type: ["run_id", "type", "ts"] },
  checks: { type_known: "type <> ''" },
  foreignKeys: {
    workflow_events_run_id_fkey: {
      columns: ["run_id"],
      references: { table: "workflow_runs", columns: ["id"] },
      onDelete: "cascade",
    },
  },
  partitionBy: [{ range: "ts", every: "month", name: "{table}_y{yyyy}m{mm}" }],
  window: { lead: "3 months", retention: "12 months" },
  onExpire: "drop",
  indexes: {
    run_id: { columns: ["run_id"], partitionIndexName: "{partition}_run_id_idx" },
    run_ts: { columns: ["run_id", { column: "ts", order: "desc" }], partitionIndexName: "{partition}_run_ts_idx" },
  },
};

export function tableSpec(change: Partial<TableSpecArgs> = {}): TableSpec {
  return requireTableSpec({ ...VALID, ...change }, "test");
}

export function windowSpec(change: Partial<TableSpecArgs> = {}): WindowSpec {
  return tableSpec(change).window;
}
