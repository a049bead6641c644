import { unscheduleStatement } from "../../../core/schedule/job";
import type { CronJobWire } from "../../../core/declare/schedule/schedule";
import type { Statement } from "../../../core/sql/statement";
import { forgetCron, readCron } from "../../../postgres/read/pg-cron";
import { forgetScheduleStatement, recordScheduleStatement } from "../../../postgres/registry/schedule-records";
import type { ResourceContext } from "../../runtime/call-context";
import type { Runtime } from "../../runtime/runtime";
import { getFoundJob, type JobState, readJobState } from "./cron-job-state";
import { refuse } from "../shared/inputs";
import { showStatements } from "../shared/show";
import { findOwnershipProblems } from "../shared/table-problems";
import { createWorkContext } from "../shared/run-context";

/** Prints the statements that the update runs, or why it runs none. */
export function describeJob(ctx: ResourceContext, { wanted, plan }: JobState): void {
  if (plan.kind === "external") ctx.log.warn(`job "${wanted.job}": ${plan.why}`);
  if (plan.kind !== "scheduled") return;
  if (plan.note !== undefined) ctx.log.warn(`job "${wanted.job}": ${plan.note}`);
  showStatements(ctx, `job "${wanted.job}": ${plan.differences.join(", ")}`, plan.statements);
}

/** Observes, decides, executes and observes again, under the lock of the table like every change of it. */
export async function applyJob(ctx: ResourceContext, runtime: Runtime, wire: CronJobWire): Promise<JobState> {
  const options = { signal: ctx.signal, log: ctx.log, subject: `scheduling job "${wire.job}"` };
  return runtime.database.withTableLock(wire.schema, wire.table, options, async () => {
    const state = await readFreshState(runtime, wire);
    const problems = [...findOwnershipProblems(wire, state.observation, runtime.getOwner(ctx)), ...state.problems];
    if (problems.length > 0) refuse(`job "${wire.job}"`, problems);
    describeOutcome(ctx, state);
    const statements = buildStatements(runtime, ctx, wire, state);
    if (statements.length === 0) return state;
    await runtime.database.execute(statements, options);
    return readFreshState(runtime, wire);
  });
}

/** Removes the recorded job; one that replaced it outside Pulumi is left alone, as is every job without pg_cron. */
export async function removeJob(ctx: ResourceContext, runtime: Runtime, wire: CronJobWire): Promise<void> {
  const options = { signal: ctx.signal, log: ctx.log, subject: `removing job "${wire.job}"` };
  await runtime.database.withTableLock(wire.schema, wire.table, options, async () => {
    runtime.database.invalidate(wire.schema, wire.table);
    forgetCron(runtime.database);
    const { registration } = await runtime.observe(wire);
    if (registration && registration.owner !== runtime.getOwner(ctx)) return;
    const { facts } = await readCron(runtime.database, registration?.schedule !== undefined);
    const jobs = facts.kind === "here" ? facts.jobs : [];
    const recorded = registration?.schedule;
    const found = recorded && jobs.find((job) => job.jobId === recorded.jobId && job.job === recorded.job);
    const { management } = createWorkContext(runtime, ctx);
    const transaction = `unschedule ${wire.job}`;
    const statements = [
      ...(found ? [unscheduleStatement(found)] : []),
      ...(recorded ? [forgetScheduleStatement(management, wire)] : []),
    ];
    if (statements.length > 0)
      await runtime.database.execute(
        statements.map((statement) => ({ ...statement, transaction })),
        options,
      );
    runtime.database.invalidate(wire.schema, wire.table);
    forgetCron(runtime.database);
  });
}

async function readFreshState(runtime: Runtime, wire: CronJobWire): Promise<JobState> {
  runtime.database.invalidate(wire.schema, wire.table);
  forgetCron(runtime.database);
  return readJobState(runtime, wire);
}

/** Commits the job and its record in the registry together. */
function buildStatements(runtime: Runtime, ctx: ResourceContext, wire: CronJobWire, state: JobState): Statement[] {
  const { wanted, plan, observation } = state;
  const { management } = createWorkContext(runtime, ctx);
  const transaction = `schedule ${wanted.job}`;
  const recorded = observation.registration?.schedule;
  if (plan.kind !== "scheduled") return recorded ? [{ ...forgetScheduleStatement(management, wire), transaction }] : [];
  const found = getFoundJob(plan);
  if (plan.statements.length === 0 && recorded?.jobId === found?.jobId) return [];
  const entry = { schema: wire.schema, table: wire.table, job: wanted.job, user: wanted.user };
  return [...plan.statements, { ...recordScheduleStatement(management, entry), transaction }];
}

function describeOutcome(ctx: ResourceContext, { wanted, plan }: JobState): void {
  if (plan.kind === "external") ctx.log.warn(`job "${wanted.job}": ${plan.why}`);
}
