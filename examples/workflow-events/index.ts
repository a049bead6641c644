import * as pulumi from "@pulumi/pulumi";
import { PartitionedDatabase } from "../../components";

// `pulumi config set rollbackUntil 2027-01-15` keeps a way back open until then: `until verify` takes the swap back with every row
// written since, and without it the next update swaps again. Nothing is archived or dropped meanwhile.
const config = new pulumi.Config();
const until = config.get("until");
const rollbackUntil = config.get("rollbackUntil");
// A store that is not Amazon's: `pulumi config set --path archive.endpoint https://minio.example.com:9000`.
const archive = config.getObject<{ to: string; endpoint?: string }>("archive") ?? {
  to: "s3://meshhook-archive/events",
};

new PartitionedDatabase("meshhook", {
  connection: {}, // from PGHOST, PGUSER, PGPASSFILE and so on
  // What the view partition_size and its alerts go by: 10 to 100 GB is good, above 200 GB shorter intervals are better.
  sizes: { small: "10 GB", warn: "100 GB", alert: "200 GB" },
  tables: {
    workflow_events: {
      schema: "public",
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
          references: { table: "workflow_runs", columns: ["id"] },
          onDelete: "cascade",
        },
      },
      partitionBy: [{ range: "ts", every: "month", name: "{table}_y{yyyy}m{mm}" }],
      window: { lead: "3 months", retention: "12 months" },
      onExpire: "archive",
      archive: { ...archive, format: "csv" },
      reason: "replay and debugging of workflow runs",
      convertFrom: {
        strategy: "copy",
        ...(until === "verify" ? { until } : {}),
        ...(rollbackUntil === undefined ? {} : { rollbackUntil }),
      },
      indexes: {
        // The plain table has it already, under this name: the conversion carries it.
        run_id: { columns: ["run_id"], name: "{table}_run_id_idx", partitionIndexName: "{partition}_run_id_idx" },
        run_ts: { columns: ["run_id", "ts"], partitionIndexName: "{partition}_run_ts_idx" },
        type: { columns: ["type"], partitionIndexName: "{partition}_type_idx" },
      },
      // In the database, by pg_cron; where that is not installed, preview prints a line for cron.
      schedule: { cron: "0 2 * * *" },
      functionNames: {
        ensure: "create_workflow_events_partition",
        window: "maintain_workflow_events_partitions",
        info: "workflow_events_partition_info",
        stats: "get_workflow_events_partition_stats",
      },
      queryFunctions: {
        get_workflow_run_events: {
          arguments: { p_run_id: "uuid" },
          where: "run_id = p_run_id",
          from: { name: "p_from", default: "now() - interval '12 months'" },
          to: { name: "p_to", default: "'infinity'" },
        },
      },
    },
  },
});
