// Tables as other makers have left them, and what the printed program has to declare for each.
import { month, monthly, present } from "./adopt-support";

interface Style {
  readonly table: string;
  readonly sql: string;
  /** Of the partition of the present month. */
  readonly level: object;
  readonly indexes: object;
  /** An index that stays as it is. */
  readonly kept: string;
}

/** Names and shapes of the five systems that the product has to serve. */
export const STYLES: Readonly<Record<string, Style>> = {
  "agent logs: compact months, partition indexes idx_…": {
    table: "agent_logs",
    sql: `create table app.agent_logs (id uuid not null, company_id uuid, ts timestamptz not null, level text, primary key (id, ts))
        partition by range (ts);
      ${monthly(
        "agent_logs",
        (y, m) => `agent_logs_${y}${m}`,
        (partition) => `create index idx_${partition}_company_ts on app.${partition} (company_id, ts desc);`,
      )}
      create index agent_logs_company_ts on app.agent_logs (company_id, ts desc);
      create publication supabase_realtime for table app.agent_logs;
      alter table app.agent_logs enable row level security;`,
    level: { range: "ts", every: "month", name: "{table}_{yyyy}{mm}" },
    indexes: {
      company_ts: {
        columns: ["company_id", { column: "ts", order: "desc" }],
        partitionIndexName: "idx_{partition}_company_ts",
      },
    },
    kept: `idx_agent_logs_${present.year}${present.month}_company_ts`,
  },
  "audit logs: the parent has a suffix, and a default partition": {
    table: "audit_logs_partitioned",
    sql: `create table app.audit_logs_partitioned (id bigint not null, user_id bigint, created_at timestamptz not null)
        partition by range (created_at);
      create index idx_audit_logs_partitioned_user_created on app.audit_logs_partitioned (user_id, created_at);
      ${monthly("audit_logs_partitioned", (y, m) => `audit_logs_p${y}_${m}`)}
      create table app.audit_logs_p_default partition of app.audit_logs_partitioned default;`,
    level: { range: "created_at", every: "month", name: "audit_logs_p{yyyy}_{mm}" },
    indexes: {
      user_created: {
        columns: ["user_id", "created_at"],
        name: "idx_{table}_{index}",
        partitionIndexName: "{partition}_user_id_created_at_idx",
      },
    },
    kept: `audit_logs_p${present.year}_${present.month}_user_id_created_at_idx`,
  },
  "messages: no letter before the month, an odd partition for the history": {
    table: "messages_partitioned",
    sql: `create table app.messages_partitioned (id uuid not null, user_id uuid, role text, created_at timestamptz not null)
        partition by range (created_at);
      create index messages_role on app.messages_partitioned (lower(role)) where role is not null;
      create table app.messages_history partition of app.messages_partitioned
        for values from ('2021-03-05 00:00+00') to ('${month(-3).day} 00:00+00');
      ${monthly("messages_partitioned", (y, m) => `messages_${y}_${m}`)}`,
    level: {
      range: "created_at",
      grid: [
        { from: "2021-03-05T00:00:00Z", to: `${month(-3).day}T00:00:00Z`, every: "whole", name: "messages_history" },
        { from: `${month(-3).day}T00:00:00Z`, every: "month", name: "messages_{yyyy}_{mm}" },
      ],
    },
    indexes: {
      messages_role: {
        columns: [{ expression: "lower(role)" }],
        where: "role IS NOT NULL",
        name: "{index}",
        partitionIndexName: "{partition}_lower_idx",
      },
    },
    kept: `messages_${present.year}_${present.month}_lower_idx`,
  },
};
