import { PartitionedDatabase } from "../../components";

new PartitionedDatabase("app", {
  connection: {},
  tables: {
    messages: {
      table: "messages",
      columns: {
        id: { type: "bigint", identity: "always" },
        tenant_id: "uuid",
        sent_at: { type: "timestamptz", default: "now()" },
        body: "text",
      },
      primaryKey: ["id", "sent_at"],
      partitionBy: [{ range: "sent_at", every: "month" }],
      window: { lead: "2 months", retention: "24 months" },
      onExpire: "detach",
      indexes: { by_tenant: { columns: ["tenant_id", { column: "sent_at", order: "desc" }] } },
      grants: { app: ["select", "insert"] },
      rowSecurity: {
        // Partitions are closed: a query that names one instead of the table sees no rows.
        policies: { own: { roles: ["app"], using: "tenant_id = current_setting('app.tenant')::uuid" } },
      },
      publications: { warehouse: { viaRoot: true, create: { publish: ["insert"] } } },
      // In the database, by pg_cron where it is installed: creates partitions while `pulumi up` does not run, deletes nothing.
      schedule: { cron: "0 2 * * *" },
      functionNames: { window: "maintain_messages_partitions" },
    },
  },
});
