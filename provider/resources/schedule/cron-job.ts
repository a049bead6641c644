import { formatMemberId, parseMemberId } from "../../../core/names/resource-id";
import { cronJobType } from "../../../core/resources/cron-job";
import type { FoundJob } from "../../../core/schedule/job";
import { formatEnsureWindowCall } from "../../../core/schedule/texts";
import { cronJobWireSchema } from "../../../core/declare/schedule/schedule";
import { readCron } from "../../../postgres/read/pg-cron";
import { listManaged } from "../../../postgres/read/ownership";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";
import type { PropertyMap } from "../../runtime/values";
import { getFoundJob, collectJobFacts, type JobState, readJobState, chooseRunner } from "./cron-job-state";
import { applyJob, describeJob, removeJob } from "./cron-job-update";
import { defineResource } from "../shared/define-resource";
import { toFailures, requireWire } from "../shared/inputs";

/**
 * The schedule of one table inside the database. Where pg_cron is not available nothing is created, and the outputs have the
 * same schedule for cron and systemd. Every update corrects differences, with or without a refresh.
 */
export const cronJob = defineResource(cronJobType, (runtime) => ({
  id: (wire) => formatMemberId(wire, wire.job),
  declaredOnce: ({ job }) => ({ property: "job", subject: `job "${job}"` }),

  check: async (ctx, wire, { news }) => {
    const state = await readJobState(runtime, wire);
    for (const warning of state.warnings) ctx.log.warn(warning);
    const inputs = { ...news, command: formatEnsureWindowCall(runtime.config.managementSchema, wire) };
    return { inputs, failures: toFailures(state.problems) };
  },

  diff: async (_ctx, wire, { oldOutputs }, declared) => {
    const state = await readJobState(runtime, wire);
    return {
      ...declared,
      ...(chooseRunner(state.plan) === oldOutputs["runner"] ? {} : { runner: "update" as const }),
      ...(state.plan.kind === "scheduled" && state.plan.differences.length > 0 ? { jobId: "update" as const } : {}),
    };
  },

  preview: async (ctx, wire) => {
    const state = await readJobState(runtime, wire);
    if (state.plan.kind === "scheduled") runtime.addBeside(ctx, wire, state.plan.statements);
    describeJob(ctx, state);
    return {};
  },

  perform: async (ctx, wire) => collectJobFacts(wire, await applyJob(ctx, runtime, wire)),

  observe: async (ctx, { id, oldInputs }) => {
    const inputs = oldInputs ?? (await importJobInputs(runtime, id));
    if (!inputs) return undefined;
    const state = await readJobState(runtime, requireWire(cronJobWireSchema, inputs));
    for (const warning of state.warnings) ctx.log.warn(warning);
    const found = getFoundJob(state.plan);
    // pg_cron has no such job: the next update creates it again.
    if (state.plan.kind === "scheduled" && !found) return undefined;
    const live = found ? applyFound(inputs, found, state) : inputs;
    return { inputs: live, facts: collectJobFacts(requireWire(cronJobWireSchema, live), state) };
  },

  remove: (ctx, wire) => removeJob(ctx, runtime, wire),

  list: async function* () {
    const { facts } = await readCron(runtime.database, true);
    if (facts.kind !== "here") return;
    for (const table of await listManaged(runtime.database)) {
      const command = formatEnsureWindowCall(runtime.config.managementSchema, table);
      for (const job of facts.jobs.filter((found) => found.command === command))
        yield { id: formatMemberId(table, job.job), name: `${table.table}-job` };
    }
  },
}));

/** Returns inputs with changes made by hand, so that a refresh shows them and the next update reverts them. */
function applyFound(inputs: PropertyMap, found: FoundJob, { wanted }: JobState): PropertyMap {
  const { cron, active, command, user } = found;
  return { ...inputs, cron, active, command, ...(user === wanted.user ? {} : { user }) };
}

/** Imports a job of pg_cron by its name; its command must be that of a declared one. */
async function importJobInputs(runtime: Runtime, id: string): Promise<PropertyMap | undefined> {
  const member = parseMemberId(id);
  if (!member) throw new Refusal(`"${id}" is not the id of a job; write schema.table#job`);
  const { facts } = await readCron(runtime.database, true);
  const command = formatEnsureWindowCall(runtime.config.managementSchema, member);
  const found =
    facts.kind === "here" ? facts.jobs.find((job) => job.job === member.member && job.command === command) : undefined;
  if (!found || facts.kind !== "here") return undefined;
  const { schema, table } = member;
  const zone = facts.zone === "GMT" ? "UTC" : facts.zone;
  return { schema, table, job: found.job, cron: found.cron, zone, active: found.active, command };
}
