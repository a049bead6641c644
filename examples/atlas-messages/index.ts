import * as pulumi from "@pulumi/pulumi";
import { Monitoring, PartitionedDatabase, type TableSpecArgs } from "../../components";

// `pulumi config set rollbackUntil 2027-01-15` keeps the former tables equal until then: `until verify` takes both conversions back
// with every row written since, and without it the next update swaps them again.
const config = new pulumi.Config();
const until = config.get("until");
const rollbackUntil = config.get("rollbackUntil");

/** What both tables share. */
const monthly = {
  schema: "public",
  primaryKey: ["id", "created_at"],
  partitionBy: [{ range: "created_at", every: "month", name: "{table}_{yyyy}_{mm}" }],
  // Thirty-six months. A lead such as "3 months" would never end.
  window: { start: "2024-01-01", lead: { until: "2027-01-01" }, retention: "forever" },
  onExpire: "detach",
  convertFrom: {
    strategy: "copy",
    ...(until === "verify" ? { until } : {}),
    ...(rollbackUntil === undefined ? {} : { rollbackUntil }),
  },
} satisfies Partial<TableSpecArgs>;

new PartitionedDatabase("atlas", {
  connection: {}, // from PGHOST, PGUSER, PGPASSFILE and so on
  tables: {
    // Row security, policies and grants are those of the plain tables: what is not declared is carried as it is.
    messages: {
      ...monthly,
      table: "messages",
      columns: {
        id: { type: "uuid", default: "gen_random_uuid()" },
        user_id: "uuid",
        conversation_id: "uuid",
        role: "text",
        content: "text",
        created_at: { type: "timestamptz", default: "now()" },
      },
      indexes: {
        user_id: { columns: ["user_id"] },
        // The plain table has it already, under this name: the conversion carries it.
        conversation_id: { columns: ["conversation_id"], name: "{table}_conversation_id_idx" },
        created_at: { columns: ["created_at"] },
        role: { columns: ["role"] },
      },
      functionNames: { sizes: "get_partition_sizes", info: "partition_performance" },
    },
    usage_logs: {
      ...monthly,
      table: "usage_logs",
      columns: {
        id: { type: "uuid", default: "gen_random_uuid()" },
        user_id: "uuid",
        event: "text",
        created_at: { type: "timestamptz", default: "now()" },
      },
      indexes: {
        user_id: { columns: ["user_id"] },
        event: { columns: ["event"] },
        created_at: { columns: ["created_at"] },
      },
    },
  },
});

/** Rules of Prometheus: a partition that is due and missing, less than two months to the last one. */
export const alerts = new Monitoring("monitoring", { alerts: { runway: "2 months" } }).prometheusRules;
