import * as pulumi from "@pulumi/pulumi";
import { PartitionedDatabase } from "../../components";

// `pulumi config set until verify` copies and compares while the plain table stays in use; removed, the next update swaps. Set again
// after the swap, it takes the swap back with every row written since, until the day that `rollbackUntil` says.
const config = new pulumi.Config();
const until = config.get("until");
const rollbackUntil = config.get("rollbackUntil");

new PartitionedDatabase("app", {
  connection: {}, // from PGHOST, PGUSER, PGPASSFILE and so on
  tables: {
    agent_logs: {
      schema: "public",
      table: "agent_logs",
      columns: {
        id: { type: "bigint", identity: "by default" },
        task_id: { type: "uuid", nullable: true },
        company_id: "uuid",
        ts: { type: "timestamptz", default: "now()" },
        level: "text",
        msg: "text",
        meta: { type: "jsonb", nullable: true },
      },
      primaryKey: ["id", "ts"],
      partitionBy: [{ range: "ts", every: "month", name: "{table}_{yyyy}{mm}" }],
      window: { lead: "1 month", retention: "13 months" },
      onExpire: "drop",
      convertFrom: {
        strategy: "copy",
        formerName: "agent_logs_legacy", // kept, and refuses writes, until you drop it
        ...(until === "verify" ? { until } : {}),
        ...(rollbackUntil === undefined ? {} : { rollbackUntil }),
      },
      indexes: {
        company_ts: {
          columns: ["company_id", { column: "ts", order: "desc" }],
          name: "idx_{table}_{index}",
          partitionIndexName: "idx_{partition}_{index}",
        },
        task_ts: {
          columns: ["task_id", { column: "ts", order: "desc" }],
          name: "idx_{table}_{index}",
          partitionIndexName: "idx_{partition}_{index}",
        },
      },
      grants: { authenticated: ["select"] },
      rowSecurity: {
        // Realtime checks each change against the partition that holds the row.
        partitionAccess: "mirror",
        policies: {
          company_members_read: {
            command: "select",
            roles: ["authenticated"],
            using:
              "company_id in (select company_id from public.company_members where user_id = current_setting('request.user', true)::uuid)",
          },
        },
      },
      publications: ["supabase_realtime"],
      // In the database, by pg_cron: creates partitions while no update runs, and deletes nothing.
      schedule: { job: "agent_logs_rotate_daily", cron: "0 2 * * *" },
      // Names that callers use already.
      functionNames: { ensure: "_ensure_agent_logs_month_part", window: "_agent_logs_rotate" },
    },
  },
});
