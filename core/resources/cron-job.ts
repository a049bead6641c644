import { z } from "zod";
import type { JobRunner } from "../schedule/job";
import { wordsOf } from "../same-type";
import { encodeCronJob, cronJobWireSchema } from "../declare/schedule/schedule";
import { ENCODING, MANAGEMENT } from "./notes";
import { defineResourceType } from "./resource-type";

export const cronJobType = defineResourceType({
  name: "CronJob",
  description:
    "The schedule of one table inside the database, as a job of pg_cron that calls `ensure_window`: it creates the coming partitions from the statements of the last update, and never retires anything. Without pg_cron nothing is created, and the same schedule is in the outputs `crontab` and `systemdTimer`. The next update restores a job that was dropped, changed or switched off by hand.",
  inputs: cronJobWireSchema,
  facts: z.object({
    runner: wordsOf<JobRunner>()("pg_cron", "external"),
    jobId: z.string().optional(),
    lastRun: z.string().optional(),
    lastStatus: z.string().optional(),
    lastError: z.string().optional(),
    crontab: z.string(),
    systemdTimer: z.string(),
  }),
  arguments: ["ScheduleArgs"],
  texts: {
    runsIn: "Database that it runs in, which must be the connected one. Left out: that one.",
    command: "Statement that it runs, written by Check: a call with constants.",
    runner: "Starter of the job.",
    jobId: "Its id in pg_cron.",
    lastRun: "Time of its last run, ISO 8601. Left out: none recorded by pg_cron.",
    lastStatus: "Result of that run, in pg_cron's words.",
    lastError: "Its error, if it failed.",
    crontab: "The same schedule as lines of a crontab.",
    systemdTimer: "The same schedule as a service and a timer of systemd.",
  },
  names: { runner: "JobRunner" },
  types: { JobRunner: { text: "`pg_cron` starts it, or nothing in the database does." } },
  notes: {
    imports: `The id is \`schema.table#job\`: \`pulumi import pgpartition:index:CronJob events-schedule "public.events#nightly"\`. ${ENCODING} The job must run exactly what a declared one would run. Not needed: an equal job of that name is adopted.`,
    operations: ["schedule"],
    locks:
      "The job itself takes those of [Partition](partition.md), each for at most 100 ms at a time, one partition a transaction.",
    rights: [
      "`GRANT USAGE ON SCHEMA cron TO role`.",
      "`GRANT EXECUTE ON FUNCTION cron.alter_job, cron.schedule_in_database TO role` for `active: false`; without it a changed job is created again, with another id.",
      "A superuser for a job that runs as another role.",
      "The job's role: owner of the table or member of it, and use of the management schema.",
      MANAGEMENT,
    ],
    limits: [
      "Five fields of cron, nothing else: no `@daily`, no seconds, no `$`. The same text must mean the same to pg_cron, cron and systemd.",
      "One for each table. It creates what the last update prepared, and never retires anything; after the last prepared interval it fails with that reason.",
      "pg_cron stores jobs in one database of the cluster (`cron.database_name`). Elsewhere, and without it, `runner` is `external`: use `crontab` or `systemdTimer`.",
      "Another job of that name, or one of another role, is refused. The next update corrects manual changes.",
      "With levels above the time level the job also creates the branches of values that have appeared: [levels](../levels.md#values-between-two-updates).",
    ],
  },
  ofTable: (table) => {
    const inputs = encodeCronJob(table.window.schedule, table);
    return inputs ? [{ suffix: "schedule", inputs }] : [];
  },
});
