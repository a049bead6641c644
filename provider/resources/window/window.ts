import { isDeepStrictEqual } from "node:util";
import { listTimePartitions } from "../../../core/partition/branch/desired-branches";
import { formatTableId, parseTableId } from "../../../core/names/resource-id";
import type { Observation } from "../../../core/observed/observed-table";
import { planChanges } from "../../../core/plan/plan-changes";
import { planTable } from "../../../core/plan/plan-table";
import { dueIn, type TablePlan } from "../../../core/plan/table-plan";
import { listWork } from "../../../core/plan/change/work";
import { isArchivedDrop } from "../../../core/plan/retire/retiring";
import type { PlanReport } from "../../../core/plan/change/plan-types";
import { summarizePlan } from "../../../core/plan/report/render-report";
import { getTraits } from "../../../core/plan/change/verbs";
import { describeAbsent, findAbsentProblems } from "../../../core/plan/upkeep/later-keys";
import { partitionWindowType } from "../../../core/resources/partition-window";
import { formatInstant } from "../../../core/time/instant";
import { planWindow } from "../../../core/window/window-partitions";
import { digestPartitions, encodeWindow } from "../../../core/window/wire";
import { listManaged } from "../../../postgres/read/ownership";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal, Unfinished } from "../../runtime/failures";
import type { ReadRequest } from "../../runtime/handler";
import type { Runtime } from "../../runtime/runtime";
import { isList, type PropertyMap, UNKNOWN } from "../../runtime/values";
import type { ArchiveNeeds } from "./archive-needs";
import { explainArchiveTrouble } from "./archive-trouble";
import { computeByteLimit } from "./byte-share";
import { CheckedInputs } from "../shared/checked";
import { type Checked, defineResource, type Detail, type Facts, type Observed } from "../shared/define-resource";
import { toProperties, toFailures, refuse } from "../shared/inputs";
import { tellProblems } from "../shared/judge";
import { findOwnershipProblems } from "../shared/table-problems";
import { judgeQueryFunctions } from "./function-names";
import { destroyTable } from "./window-destroy";
import {
  DECLARED_WINDOW_KEYS,
  findDigestProblems,
  readWindowInputs,
  requireWindowInputs,
  type WindowInputs,
  omitUnknownBucket,
  setPlan,
} from "./window-inputs";
import { readPlanContext } from "./plan-context";
import { listReleasing } from "./releasing";
import { readRemovedResources, type Removed } from "./removed-resources";
import { showStatements } from "../shared/show";
import { registryProblems, warnOfLost } from "./registered-window";
import { performWindow } from "./window-update";

/**
 * The rule of one table, and every retirement. Check reads the planned database and writes pending steps and their effects into
 * the inputs; Diff requests an update if a step is pending; Update performs the steps of its checked plan that fresh facts
 * confirm. So preview, policies and update refer to the same actions.
 */
export const partitionWindow = defineResource(
  partitionWindowType,
  (runtime) => {
    const checked = new CheckedInputs();
    const removed = new Map<string, readonly Removed[]>();
    const reports = new Map<string, PlanReport>();
    const showRemoved = (ctx: ResourceContext, { spec }: WindowInputs): void => {
      for (const { subject, statements } of removed.get(ctx.urn) ?? [])
        showStatements(ctx, `${spec.schema}.${spec.table} loses ${subject}, which is no longer declared:`, statements);
    };
    return {
      id: ({ spec }) => formatTableId(spec),
      // Names are compared with the database: state of a version that had them elsewhere does not differ.
      declared: DECLARED_WINDOW_KEYS.filter((key) => key !== "functionNames"),
      withoutUnknowable: omitUnknownBucket,
      keep: pickDeclared,

      check: async (ctx, read, { olds, news }) => {
        const result = await checkWindow(ctx, runtime, read, olds, news);
        removed.set(ctx.urn, result.removed ?? []);
        if (!result.planned) return result;
        reports.set(ctx.urn, result.planned.plan);
        return { ...result, inputs: checked.remember(ctx, setPlan(news, result.planned)) };
      },

      diff: async (ctx, read, { news }, declared) => {
        const due = checked.has(ctx, news)
          ? read.work.length > 0
          : await isDueNow(runtime, read, checked.wasChecked(ctx));
        const detail = describeDiff(declared, due);
        // A window that changes shows them after its own statements, in the order in which they run.
        if (Object.keys(detail).length === 0) showRemoved(ctx, read);
        return detail;
      },

      preview: async (ctx, read) => {
        const { spec } = read;
        const plan = reports.get(ctx.urn);
        if (plan) {
          const { statements, ...rest } = plan;
          ctx.log.record({ table: `${spec.schema}.${spec.table}`, plan: rest, statements });
          runtime.plans.print(ctx.log, spec, plan);
        }
        showRemoved(ctx, read);
        return { lastAnalyzed: UNKNOWN, defaultRows: UNKNOWN };
      },

      perform: async (ctx, read, inputs) => {
        const done = await performWindow(ctx, runtime, read, inputs);
        const retired = done.retired.map((item) => `${item.verb} ${item.partition}`);
        const facts = { partitionCount: done.partitionCount, retired, ...toTableFacts(done.observation) };
        if (done.failures.length > 0) throw new Unfinished(toProperties(facts), done.failures);
        const plan = reports.get(ctx.urn);
        if (plan) ctx.log.status(summarizePlan(plan));
        return facts;
      },

      observe: (ctx, request) => observeWindow(ctx, runtime, request),

      remove: (ctx, read) => destroyTable(ctx, runtime, read),

      list: async function* () {
        for (const table of await listManaged(runtime.database))
          if (table.window !== undefined) yield { id: formatTableId(table), name: `${table.table}-window` };
      },
    };
  },
  readWindowInputs,
);

/** Names the rule's own properties, and every pending change by one: the clock and the digest of partitions say nothing to a reader. */
function describeDiff(declared: Detail, due: boolean): Detail {
  const { asOf, childDigest, ...said } = declared;
  return due || asOf || childDigest ? { ...said, changes: "update" } : said;
}

/** Checks the rule against the planned database and plans its steps. */
async function checkWindow(
  ctx: ResourceContext,
  runtime: Runtime,
  read: WindowInputs,
  olds: PropertyMap | undefined,
  news: PropertyMap,
): Promise<Checked & { readonly planned?: TablePlan; readonly removed?: readonly Removed[] }> {
  const { spec } = read;
  const name = `table "${spec.schema}.${spec.table}"`;
  runtime.rememberAsOf(spec, read.asOf);
  const mismatch = findDigestProblems(read);
  if (mismatch.length > 0) return { failures: toFailures(mismatch) };
  const observation = await runtime.observe(spec, spec.key);
  const limit = () => computeByteLimit(runtime, spec);
  const removed = await readRemovedResources(runtime, spec, observation);
  const context = await readPlanContext(runtime, read, observation, { limit });
  const besides = [...(context.besides ?? []), ...removed.flatMap(({ statements }) => statements)];
  const planned = planTable({ ...context, besides });
  runtime.leaving.set(formatTableId(spec), listReleasing(dueIn(planned.changes, "retire").map(({ step }) => step)));
  warnOfLost(ctx, read, observation, planned.creations, runtime.coming.get(formatTableId(spec)) ?? []);
  // A table that exists goes on without the key: its partitions never wait for another table.
  const absent = observation.table || runtime.awaiting.has(formatTableId(spec)) ? undefined : context.laterKeys;
  const told = (absent?.keys ?? []).map(describeAbsent);
  for (const warning of planned.warnings) if (!told.includes(warning)) ctx.log.warn(`${name}: ${warning}`);
  const problems = [
    ...findAbsentProblems(absent),
    ...findOwnershipProblems(spec, observation, runtime.getOwner(ctx)),
    ...registryProblems(observation),
    ...planned.problems,
    ...tellProblems(ctx, runtime, spec, await judgeQueryFunctions(runtime, spec, observation)),
  ];
  // Never a problem: that would block new partitions. Steps that need the archive fail at the end of the update.
  const trouble = await explainArchiveTrouble(ctx, runtime, spec, {
    ...collectNeeds(planned),
    isNew: !isDeepStrictEqual(olds?.["archive"], news["archive"]),
  });
  if (trouble !== undefined) ctx.log.warn(`${name}: ${trouble}`);
  return { planned, removed, failures: toFailures(problems) };
}

async function observeWindow(
  ctx: ResourceContext,
  runtime: Runtime,
  { id, oldInputs, oldOutputs }: ReadRequest,
): Promise<Observed<typeof partitionWindowType> | undefined> {
  const inputs = oldInputs ?? (await importWindowInputs(runtime, id));
  if (!inputs) return undefined;
  const { spec } = requireWindowInputs(inputs);
  const observation = await runtime.observe(spec, spec.key);
  if (!observation.table) return undefined;
  if (observation.registration?.mode === "released")
    ctx.log.warn(`table "${spec.schema}.${spec.table}" was released: nothing manages its window`);
  const facts = {
    partitionCount: listTimePartitions(spec, observation.table).length,
    retired: listRetiredBefore(oldOutputs),
    ...toTableFacts(observation),
  };
  return { inputs, facts };
}

/** Returns what the last update retired: no fact about the database, so that a refresh shows no change. */
function listRetiredBefore(outputs: PropertyMap | undefined): string[] {
  const retired = outputs?.["retired"];
  return isList(retired) ? retired.map(String) : [];
}

function collectNeeds({ changes }: TablePlan): ArchiveNeeds {
  const retired = dueIn(changes, "retire");
  return {
    mustArchive: retired.some(({ verb }) => verb === "archive"),
    mustDrop: retired.some(({ step }) => isArchivedDrop(step)),
    mustRestore: changes.some(({ verb }) => verb === "restore"),
  };
}

/** Reads the pending steps from the database itself. A refresh shows changes made outside Pulumi since the last update. */
async function isDueNow(runtime: Runtime, read: WindowInputs, updating: boolean): Promise<boolean> {
  const observation = await runtime.observe(read.spec, read.spec.key);
  if (!observation.table) return false;
  const limit = () => computeByteLimit(runtime, read.spec);
  const { changes } = planChanges(await readPlanContext(runtime, read, observation, { limit }));
  // Inputs of an earlier version do not have the names, which that version declared elsewhere: only Check knows that none are.
  return listWork(changes, read.spec).some(
    ({ verb }) => verb !== "unname" && (updating || getTraits(verb).isDrift === true),
  );
}

/** Returns facts about the table as a whole: they change by themselves, and never cause a diff. */
function toTableFacts({ table }: Observation): Pick<Facts<typeof partitionWindowType>, "lastAnalyzed" | "defaultRows"> {
  return {
    lastAnalyzed: table?.lastAnalyzed && formatInstant(table.lastAnalyzed),
    defaultRows: table?.defaultPartition?.rows,
  };
}

/** Removes the plan from the outputs: state would have every long list twice. */
function pickDeclared(inputs: PropertyMap): PropertyMap {
  const declared: readonly string[] = DECLARED_WINDOW_KEYS;
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => declared.includes(key)));
}

/** Reads inputs for an import from the window of the last update in the registry. */
async function importWindowInputs(runtime: Runtime, id: string): Promise<PropertyMap | undefined> {
  const table = parseTableId(id);
  if (!table) throw new Refusal(`"${id}" is not the id of a window; write schema.table`);
  const observation = await runtime.observe(table);
  const window = observation.registration?.window;
  if (!observation.table || typeof window !== "object" || window === null) return undefined;
  const read = readWindowInputs({ asOf: observation.now.toString(), ...(window as PropertyMap) });
  if ("problems" in read) refuse(`importing the window of "${table.schema}.${table.table}"`, read.problems);
  const { spec, asOf } = read.value;
  const childDigest =
    spec.resources === "partition" ? { childDigest: digestPartitions(planWindow(spec, asOf).desired) } : {};
  return { ...toProperties(encodeWindow(spec)), asOf: formatInstant(asOf), ...childDigest, work: [] };
}
