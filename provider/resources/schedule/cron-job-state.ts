import type { Observation } from "../../../core/observed/observed-table";
import type { Problem as CoreProblem } from "../../../core/problems/problem";
import type { cronJobType } from "../../../core/resources/cron-job";
import { parseCron } from "../../../core/declare/schedule/cron";
import { warnOfJob } from "../../../core/schedule/health";
import {
  type CronFacts,
  type FoundJob,
  type JobPlan,
  type JobRunner,
  planJob,
  type WantedJob,
} from "../../../core/schedule/job";
import { formatCrontab, formatEnsureWindowCall, formatSystemdUnits } from "../../../core/schedule/texts";
import type { CronJobWire } from "../../../core/declare/schedule/schedule";
import { type CronReading, listMissingForJob, readCron } from "../../../postgres/read/pg-cron";
import type { Runtime } from "../../runtime/runtime";
import type { Facts } from "../shared/define-resource";

/** The declared job and its state in the database. */
export interface JobState {
  readonly wanted: WantedJob;
  readonly plan: JobPlan;
  /** Problems that prevent the job. */
  readonly problems: readonly CoreProblem[];
  /** Warnings about a job that matches its declaration. */
  readonly warnings: readonly string[];
  readonly observation: Observation;
}

/** Reads the table and pg_cron, each once in a run, and compares. */
export async function readJobState(runtime: Runtime, wire: CronJobWire): Promise<JobState> {
  const observation = await runtime.observe(wire);
  const registered = observation.registration?.schedule;
  const reading = await readCron(runtime.database, registered !== undefined);
  const wanted = toWantedJob(runtime.config.managementSchema, wire, reading);
  const plan = planJob(wanted, reading.facts, registered);
  const found = getFoundJob(plan);
  const zone = reading.facts.kind === "here" ? reading.facts.zone : wire.zone;
  return {
    wanted,
    plan,
    problems: [
      ...(plan.kind === "refused" ? [plan.problem] : []),
      ...findDatabaseProblems(wire, reading),
      ...(await findUserProblems(runtime, wire, reading, observation)),
    ],
    warnings: found ? warnOfJob(found, registered, zone, observation.now) : [],
    observation,
  };
}

export function getFoundJob(plan: JobPlan): FoundJob | undefined {
  return plan.kind === "scheduled" ? plan.found : undefined;
}

/** Returns what starts the job: an external scheduler where pg_cron is not available. */
export function chooseRunner(plan: JobPlan): JobRunner {
  return plan.kind === "scheduled" ? "pg_cron" : "external";
}

/** Returns the facts of the job. The texts for cron and systemd are always included. */
export function collectJobFacts(wire: CronJobWire, { wanted, plan }: JobState): Facts<typeof cronJobType> {
  const found = getFoundJob(plan);
  const call = { ...wanted, schema: wire.schema, table: wire.table };
  const schedule = parseCron(wanted.cron);
  return {
    runner: chooseRunner(plan),
    jobId: found?.jobId,
    lastRun: found?.lastRun?.at,
    lastStatus: found?.lastRun?.status,
    lastError: found?.lastRun?.status === "failed" ? (found.lastRun.message ?? "") : undefined,
    crontab: formatCrontab(call, wanted.cron),
    systemdTimer: "problem" in schedule ? "" : formatSystemdUnits(call, schedule),
  };
}

function toWantedJob(management: string, wire: CronJobWire, reading: CronReading): WantedJob {
  return {
    job: wire.job,
    cron: wire.cron,
    zone: wire.zone,
    command: formatEnsureWindowCall(management, wire),
    database: reading.database,
    user: wire.user ?? reading.role,
    active: wire.active,
  };
}

function findDatabaseProblems(wire: CronJobWire, reading: CronReading): CoreProblem[] {
  if (wire.runsIn === undefined || wire.runsIn === reading.database) return [];
  return [
    {
      path: "schedule.database",
      code: "conflict",
      message: `the job would run in database "${wire.runsIn}", and the functions that it calls are in "${reading.database}".`,
      fix: "Leave schedule.database out, or connect to that database.",
    },
  ];
}

/** Checks the job's user: only a superuser schedules for others, and pg_cron does not check their privileges. */
async function findUserProblems(
  runtime: Runtime,
  wire: CronJobWire,
  reading: CronReading,
  observation: Observation,
): Promise<CoreProblem[]> {
  if (wire.user === undefined || wire.user === reading.role || !mayScheduleForOthers(reading.facts)) return [];
  const missing = await listMissingForJob(runtime.database, wire.user, wire);
  // Before the first update neither table nor management schema exists, so that privileges are missing anyway.
  const known = observation.registration ? missing : missing.filter((one) => one.includes("does not exist"));
  return known.map((one) => ({
    path: "schedule.user",
    code: "privileges",
    message: `the job cannot run as "${wire.user ?? ""}": ${one}.`,
    fix: "Run it as the owner of the table, or grant what is missing.",
  }));
}

function mayScheduleForOthers(facts: CronFacts): boolean {
  return facts.kind === "here" && facts.superuser;
}
