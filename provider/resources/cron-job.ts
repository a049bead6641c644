import { formatMemberId, parseMemberId } from "../../core/names/resource-id";
import type { FoundJob } from "../../core/schedule/job";
import { ensureWindowCall } from "../../core/schedule/texts";
import { type CronJobWire, cronJobWireSchema } from "../../core/spec/schedule";
import { readWire } from "../../core/spec/wire";
import { readCron } from "../../postgres/cron";
import { listManaged } from "../../postgres/ownership";
import type { ResourceContext } from "../context";
import { Refusal } from "../failures";
import type { DiffKind, ResourceHandler } from "../handler";
import type { Runtime } from "../runtime";
import { containsUnknown, type PropertyMap, UNKNOWN } from "../values";
import { foundJob, jobOutputs, type JobState, readJobState, runnerOf } from "./cron-job-state";
import { applyJob, describeJob, removeJob } from "./cron-job-update";
import { declaredDiff, diffResult, failures, requireWire } from "./inputs";

/** Declared keys. The command is written by Check: it follows from the table and the management schema. */
const DECLARED = ["schema", "table", "job", "cron", "zone", "active", "user", "runsIn", "command"];

/**
 * The schedule of one table inside the database. Where pg_cron is not to be had nothing is made, and the same schedule is in
 * the outputs for cron and systemd. What differs from the declaration is mended by every update, with a refresh or without.
 */
export function cronJobHandler(runtime: Runtime): ResourceHandler {
  const outputsOf = async (inputs: PropertyMap, state: JobState): Promise<PropertyMap> => ({
    ...inputs,
    ...jobOutputs(wireOf(inputs), state),
    database: await runtime.identity(),
  });
  const apply = async (ctx: ResourceContext, inputs: PropertyMap, preview: boolean): Promise<PropertyMap> => {
    const wire = wireOf(inputs);
    if (!preview) return outputsOf(inputs, await applyJob(ctx, runtime, wire));
    const state = await runtime.ifReachable(ctx, () => readJobState(runtime, wire));
    if (state) describeJob(ctx, state);
    return { ...inputs, runner: UNKNOWN, crontab: UNKNOWN, systemdTimer: UNKNOWN, database: UNKNOWN };
  };
  return {
    token: "pgpartition:index:CronJob",

    check: async (ctx, { news }) => {
      if (containsUnknown(news)) return { inputs: news, failures: [] };
      const read = readWire(cronJobWireSchema, news);
      if ("problems" in read) return { inputs: news, failures: failures(read.problems) };
      const other = runtime.declare(ctx, idOf(read.value));
      const twice = other
        ? [{ property: "job", reason: `job "${read.value.job}" is declared twice: also by ${other}` }]
        : [];
      const state = await runtime.ifReachable(ctx, () => readJobState(runtime, read.value));
      for (const warning of state?.warnings ?? []) ctx.log.warn(warning);
      const inputs = { ...news, command: ensureWindowCall(runtime.config.managementSchema, read.value) };
      return { inputs, failures: [...twice, ...failures(state?.problems ?? [])] };
    },

    diff: async (ctx, { oldInputs, oldOutputs, news }) => {
      const diff: Record<string, DiffKind> = declaredDiff(oldInputs, news, DECLARED);
      const state = await runtime.ifReachable(ctx, () => readJobState(runtime, wireOf(news)));
      if (!state) return diffResult(diff);
      if (runnerOf(state.plan) !== oldOutputs["runner"]) diff["runner"] = "update";
      if (state.plan.kind === "scheduled" && state.plan.differences.length > 0) diff["jobId"] = "update";
      return diffResult(diff);
    },

    create: async (ctx, { inputs, preview }) => ({
      id: idOf(wireOf(inputs)),
      outputs: await apply(ctx, inputs, preview),
    }),

    update: async (ctx, { news, oldOutputs, preview }) => {
      if (!preview) await runtime.requireSameDatabase(oldOutputs);
      return { outputs: await apply(ctx, news, preview) };
    },

    read: async (ctx, { id, oldInputs, oldOutputs }) => {
      if (oldOutputs) await runtime.requireSameDatabase(oldOutputs);
      const inputs = oldInputs ?? (await importedInputs(runtime, id));
      if (!inputs) return undefined;
      const state = await readJobState(runtime, wireOf(inputs));
      for (const warning of state.warnings) ctx.log.warn(warning);
      const found = foundJob(state.plan);
      // pg_cron has no such job: the next update makes it again.
      if (state.plan.kind === "scheduled" && !found) return undefined;
      const live = found ? withLive(inputs, found, state) : inputs;
      return { id, inputs: live, outputs: await outputsOf(live, state) };
    },

    delete: async (ctx, { oldInputs, oldOutputs }) => {
      await runtime.requireSameDatabase(oldOutputs);
      const wire = wireOf(oldInputs);
      if (runtime.renamed(ctx, idOf(wire))) return;
      await removeJob(ctx, runtime, wire);
    },

    list: async function* () {
      const { facts } = await readCron(runtime.database, true);
      if (facts.kind !== "here") return;
      for (const table of await listManaged(runtime.database)) {
        const command = ensureWindowCall(runtime.config.managementSchema, table);
        for (const job of facts.jobs.filter((found) => found.command === command))
          yield { id: formatMemberId(table, job.job), name: `${table.table}-job` };
      }
    },
  };
}

/** What somebody changed by hand, so that a refresh shows it and the next update puts it back. */
function withLive(inputs: PropertyMap, found: FoundJob, { wanted }: JobState): PropertyMap {
  const { cron, active, command, user } = found;
  return { ...inputs, cron, active, command, ...(user === wanted.user ? {} : { user }) };
}

/** A job of pg_cron by its name; what it runs has to be what a declared one would run. */
async function importedInputs(runtime: Runtime, id: string): Promise<PropertyMap | undefined> {
  const member = parseMemberId(id);
  if (!member) throw new Refusal(`"${id}" is not the id of a job; write schema.table#job`);
  const { facts } = await readCron(runtime.database, true);
  const command = ensureWindowCall(runtime.config.managementSchema, member);
  const found =
    facts.kind === "here" ? facts.jobs.find((job) => job.job === member.member && job.command === command) : undefined;
  if (!found || facts.kind !== "here") return undefined;
  const { schema, table } = member;
  const zone = facts.zone === "GMT" ? "UTC" : facts.zone;
  return { schema, table, job: found.job, cron: found.cron, zone, active: found.active, command };
}

function wireOf(inputs: PropertyMap): CronJobWire {
  return requireWire(cronJobWireSchema, inputs);
}

function idOf(wire: CronJobWire): string {
  return formatMemberId(wire, wire.job);
}
