import { formatTableId, parseTableId } from "../../core/names/resource-id";
import { timeLeaves } from "../../core/levels/tree";
import type { Observation } from "../../core/observed";
import { renderPlan, summarizePlan } from "../../core/plan/render";
import { dueIn, type LivePlan } from "../../core/plan/live-plan";
import { isArchivedDrop } from "../../core/plan/retiring";
import { traitsOf } from "../../core/plan/verbs";
import { formatInstant } from "../../core/time/instant";
import { removedProblems } from "../../core/spec/removed";
import { planWindow } from "../../core/window/window";
import { digestPartitions, windowToWire } from "../../core/window/wire";
import { listManaged } from "../../postgres/ownership";
import type { ResourceContext } from "../context";
import { PartialFailure, Refusal } from "../failures";
import type { ResourceHandler } from "../handler";
import type { Runtime } from "../runtime";
import { containsUnknown, type PropertyMap, UNKNOWN } from "../values";
import type { ArchiveNeeds } from "./archive-needs";
import { archiveTrouble } from "./archive-trouble";
import { byteLimitFor } from "./byte-limit";
import { CheckedInputs } from "./checked";
import { asProperties, declaredDiff, diffResult, failures, refuse } from "./inputs";
import { ownershipProblems } from "./table-problems";
import {
  DECLARED_WINDOW_KEYS,
  digestProblems,
  readPlan,
  readWindowInputs,
  requireWindowInputs,
  type WindowInputs,
  withoutUnknownBucket,
  withPlan,
  withStaticPlan,
} from "./window-inputs";
import { destroyTable } from "./window-destroy";
import { planLive, registryProblems, warnOfLost } from "./window-plan";
import { performWindow } from "./window-update";

/**
 * The rule of one table, and every retirement. Check reads the live database and writes into the inputs what is due and
 * what it would mean; Diff asks for an update whenever something is due; Update performs what its checked plan names, met
 * again with fresh facts. So preview, policies and update speak of the same actions.
 */
export function windowHandler(runtime: Runtime): ResourceHandler {
  const checked = new CheckedInputs();
  return {
    token: "pgpartition:index:PartitionWindow",

    check: async (ctx, { news }) => {
      const removed = removedProblems(news);
      if (removed.length > 0) return { inputs: news, failures: failures(removed) };
      if (containsUnknown(withoutUnknownBucket(news))) return { inputs: news, failures: [] };
      const read = readWindowInputs(news);
      if ("problems" in read) return { inputs: news, failures: failures(read.problems) };
      runtime.rememberAsOf(read.spec, read.asOf);
      runtime.declare(ctx, formatTableId(read.spec));
      const mismatch = digestProblems(read);
      if (mismatch.length > 0) return { inputs: news, failures: failures(mismatch) };
      const observation = await runtime.observeIfReachable(ctx, read.spec, read.spec.key);
      if (!observation) return { inputs: withStaticPlan(news, "the database could not be reached"), failures: [] };
      const live = await planLive(runtime, read, observation, () => byteLimitFor(runtime, read.spec));
      runtime.leaving.set(formatTableId(read.spec), releasing(live));
      warnOfLost(ctx, read, observation, live);
      for (const warning of live.warnings) ctx.log.warn(`table "${read.spec.schema}.${read.spec.table}": ${warning}`);
      const problems = [
        ...ownershipProblems(read.spec, observation, runtime.owner(ctx)),
        ...registryProblems(observation),
        ...live.problems,
      ];
      // Never a problem: that would keep partitions from being made. What needs the archive fails at the end of the update.
      const trouble = await archiveTrouble(ctx, runtime, read.spec, needsOf(live));
      if (trouble !== undefined) ctx.log.warn(`table "${read.spec.schema}.${read.spec.table}": ${trouble}`);
      return { inputs: checked.remember(ctx, withPlan(news, live)), failures: failures(problems) };
    },

    diff: async (ctx, { oldInputs, news }) => {
      const declared = declaredDiff(oldInputs, news, DECLARED_WINDOW_KEYS);
      const read = requireWindowInputs(news);
      const due = checked.has(ctx, news)
        ? read.work.length > 0
        : await isDueNow(ctx, runtime, read, checked.asked(ctx));
      return diffResult(due ? { ...declared, work: "update" } : declared);
    },

    create: async (ctx, { inputs, preview }) => {
      const id = formatTableId(requireWindowInputs(inputs).spec);
      return { id, outputs: await apply(ctx, runtime, id, inputs, preview) };
    },

    update: async (ctx, { id, news, oldOutputs, preview }) => {
      if (!preview) await runtime.requireSameDatabase(oldOutputs);
      return { outputs: await apply(ctx, runtime, id, news, preview) };
    },

    read: async (ctx, { id, oldInputs, oldOutputs }) => {
      if (oldOutputs) await runtime.requireSameDatabase(oldOutputs);
      const inputs = oldInputs ?? (await importedInputs(runtime, id));
      if (!inputs) return undefined;
      const { spec } = requireWindowInputs(inputs);
      const observation = await runtime.observe(spec, spec.key);
      if (!observation.table) return undefined;
      if (observation.registration?.mode === "released")
        ctx.log.warn(`table "${spec.schema}.${spec.table}" was released: nothing manages its window`);
      return {
        id,
        inputs,
        outputs: {
          ...declaredOnly(inputs),
          leafCount: timeLeaves(spec, observation.table).length,
          // What the last update did is no fact about the database: a refresh shows no change for it.
          retired: oldOutputs?.["retired"] ?? [],
          ...tableFacts(observation),
          database: await runtime.identity(),
        },
      };
    },

    delete: async (ctx, { id, oldInputs, oldOutputs }) => {
      await runtime.requireSameDatabase(oldOutputs);
      if (runtime.renamed(ctx, id)) return;
      await destroyTable(ctx, runtime, requireWindowInputs(oldInputs));
    },

    list: async function* () {
      for (const table of await listManaged(runtime.database))
        if (table.window !== undefined) yield { id: formatTableId(table), name: `${table.table}-window` };
    },
  };
}

/** What is dropped, or closed for its archive, refers to nothing any more; a table that is only detached keeps its foreign keys. */
function releasing({ changes }: LivePlan): string[] {
  return dueIn(changes, "retire").flatMap(({ verb, step }) =>
    verb === "drop" || verb === "archive" ? [step.table.oid] : [],
  );
}

function needsOf({ changes }: LivePlan): ArchiveNeeds {
  const retired = dueIn(changes, "retire");
  return {
    archive: retired.some(({ verb }) => verb === "archive"),
    drop: retired.some(({ step }) => isArchivedDrop(step)),
    restore: changes.some(({ verb }) => verb === "restore"),
  };
}

/** Asked of the database itself. A refresh shows what somebody else changed of what the last update left. */
async function isDueNow(
  ctx: ResourceContext,
  runtime: Runtime,
  read: WindowInputs,
  updating: boolean,
): Promise<boolean> {
  const observation = await runtime.observeIfReachable(ctx, read.spec, read.spec.key);
  if (!observation?.table) return false;
  const live = await planLive(runtime, read, observation, () => byteLimitFor(runtime, read.spec));
  return live.work.some(({ verb }) => updating || traitsOf(verb).isDrift === true);
}

async function apply(
  ctx: ResourceContext,
  runtime: Runtime,
  id: string,
  inputs: PropertyMap,
  preview: boolean,
): Promise<PropertyMap> {
  const read = requireWindowInputs(inputs);
  if (preview) {
    const plan = readPlan(inputs);
    if (plan) ctx.log.info(renderPlan(`${read.spec.schema}.${read.spec.table}`, plan));
    return {
      ...declaredOnly(inputs),
      leafCount: UNKNOWN,
      retired: UNKNOWN,
      lastAnalyzed: UNKNOWN,
      defaultRows: UNKNOWN,
      database: UNKNOWN,
    };
  }
  const done = await performWindow(ctx, runtime, read, inputs);
  const { leafCount } = done;
  const retired = done.retired.map(({ verb, partition }) => `${verb} ${partition}`);
  const facts = tableFacts(done.observation);
  const outputs = { ...declaredOnly(inputs), leafCount, retired, ...facts, database: await runtime.identity() };
  if (done.failures.length > 0) throw new PartialFailure({ id, outputs, reasons: done.failures });
  const plan = readPlan(inputs);
  if (plan) ctx.log.status(summarizePlan(plan));
  return outputs;
}

/** Facts about the table as a whole: they change by themselves, and never cause a diff. */
function tableFacts(observation: Observation): PropertyMap {
  const last = observation.table?.lastAnalyzed;
  const fallback = observation.table?.defaultPartition;
  return {
    ...(last ? { lastAnalyzed: formatInstant(last) } : {}),
    ...(fallback ? { defaultRows: fallback.rows } : {}),
  };
}

/** Outputs carry the rule and not its plan: state would hold every long list twice. */
function declaredOnly(inputs: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => DECLARED_WINDOW_KEYS.includes(key)));
}

/** The registry keeps the window of the last update: enough to import it. */
async function importedInputs(runtime: Runtime, id: string): Promise<PropertyMap | undefined> {
  const table = parseTableId(id);
  if (!table) throw new Refusal(`"${id}" is not the id of a window; write schema.table`);
  const observation = await runtime.observe(table);
  const window = observation.registration?.window;
  if (!observation.table || typeof window !== "object" || window === null) return undefined;
  const read = readWindowInputs({ asOf: observation.now.toString(), ...(window as PropertyMap) });
  if ("problems" in read) refuse(`importing the window of "${table.schema}.${table.table}"`, read.problems);
  const desired = planWindow(read.spec, read.asOf).desired;
  const childDigest = read.spec.resources === "partition" ? { childDigest: digestPartitions(desired) } : {};
  return { ...asProperties(windowToWire(read.spec)), asOf: formatInstant(read.asOf), ...childDigest, work: [] };
}
