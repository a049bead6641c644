import * as pulumi from "@pulumi/pulumi";
import { Monitoring, PartitionedDatabase, type TableSpecArgs } from "../../components";

// `pulumi config set rollbackUntil 2027-01-15` copies the plain tables `messages` and `usage_logs`, and keeps both sides equal until
// then, whichever is written to, by `pgpartition convert run`: the application is pointed over, and back if need be.
// `pulumi config rm rollbackUntil` ends it; both tables stay.
const rollbackUntil = new pulumi.Config().get("rollbackUntil");

/** The rows come from this table, which stays as it is. */
const convertFrom = (table: string): Pick<TableSpecArgs, "convertFrom"> =>
  rollbackUntil === undefined ? {} : { convertFrom: { strategy: "copyThenSwitch", table, rollbackUntil } };

/** What both tables share. */
const monthly = {
  schema: "public",
  primaryKey: ["id", "created_at"],
  // Thirty-six months. A lead such as "3 months" would never end.
  window: { start: "2024-01-01", lead: { until: "2027-01-01" }, retention: "forever" },
  onExpire: "detach",
} satisfies Partial<TableSpecArgs>;

new PartitionedDatabase("atlas", {
  connection: {}, // from PGHOST, PGUSER, PGPASSFILE and so on
  tables: {
    // Row security, policies and grants are those of the plain tables: what is not declared is carried as it is.
    messages: {
      ...monthly,
      ...convertFrom("messages"),
      table: "messages_partitioned",
      partitionBy: [{ range: "created_at", every: "month", name: "messages_{yyyy}_{mm}" }],
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
        // The plain table has it already, under such a name: the copy takes it along.
        conversation_id: { columns: ["conversation_id"], name: "{table}_conversation_id_idx" },
        created_at: { columns: ["created_at"] },
        role: { columns: ["role"] },
      },
      functionNames: { sizes: "get_partition_sizes", info: "partition_performance" },
    },
    usage_logs: {
      ...monthly,
      ...convertFrom("usage_logs"),
      table: "usage_logs_partitioned",
      partitionBy: [{ range: "created_at", every: "month", name: "usage_logs_{yyyy}_{mm}" }],
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
