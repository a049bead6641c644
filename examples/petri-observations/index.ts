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
    petri_observations: {
      schema: "public",
      table: "petri_observations",
      columns: {
        observation_id: "uuid",
        company_id: "uuid",
        program_id: "text",
        site_id: "text",
        submission_id: { type: "uuid", nullable: true },
        growth_index: { type: "numeric", nullable: true },
        created_at: { type: "timestamptz", default: "now()" },
        updated_at: { type: "timestamptz", default: "now()" },
      },
      primaryKey: ["observation_id", "program_id", "site_id", "created_at"],
      partitionBy: [
        {
          list: "program_id",
          // Programs that have ended keep their partitions, and get no new ones.
          values: { from: "pilot_programs", column: "program_id", where: "end_date > current_date" },
          name: "petri_obs_prog_{value}", // abc-123: petri_obs_prog_abc123
        },
        {
          list: "site_id",
          // The transaction that enters a site can insert its first observation.
          values: { from: "sites", column: "site_id", parent: "program_id", trigger: true },
          name: "{base}_site_{value}",
        },
        {
          range: "created_at",
          every: "month",
          name: "{base}_{yyyy}_{mm}",
          // A site with many rows.
          overrides: [{ when: { site_id: "xyz-789" }, every: "week", name: "{base}_{gggg}_w{ww}" }],
        },
      ],
      window: { lead: "1 month", retention: "2 years" },
      onExpire: "archive",
      archive: { to: config.get("archive") ?? "s3://petri-archive" },
      resources: "window",
      convertFrom: {
        strategy: "copy",
        formerName: "petri_observations_old", // kept, and refuses writes, until you drop it
        ...(until === "verify" ? { until } : {}),
        ...(rollbackUntil === undefined ? {} : { rollbackUntil }),
      },
      indexes: { company_time: { columns: ["company_id", { column: "created_at", order: "desc" }] } },
      grants: { authenticated: ["select", "insert", "update"] },
      rowSecurity: {
        policies: {
          company_isolation_petri: {
            roles: ["authenticated"],
            using:
              "company_id in (select company_id from public.users where id = current_setting('request.user', true)::uuid)",
          },
        },
      },
      // In the database, by pg_cron: branches of new programs and sites, and the partitions of next month; it deletes nothing.
      schedule: { job: "petri_maintenance", cron: "0 2 * * *" },
      // Names that callers use already.
      functionNames: {
        schema: "partition_mgmt",
        values: "precreate_program_partitions",
        window: "schedule_maintenance",
        info: "v_partition_stats",
        analyze: "analyze_all_partitions",
      },
      queryFunctions: {
        get_observations_optimized: {
          arguments: { p_company_id: "uuid", p_program_id: "text" },
          where: "company_id = p_company_id and program_id = p_program_id",
          from: "p_start_date",
        },
      },
    },
  },
});
