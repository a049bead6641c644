import { isDeepStrictEqual } from "node:util";
import { listTimePartitions } from "../../../core/partition/branch/desired-branches";
import type { Observation } from "../../../core/observed/observed-table";
import { getDecidingNow } from "../../../core/window/clocks";
import { getPromisedDropDay, type Retirement } from "../../../core/plan/retire/retiring";
import { planChanges } from "../../../core/plan/plan-changes";
import { dueIn, type TableChanges } from "../../../core/plan/table-plan";
import type { WorkItem } from "../../../core/plan/change/plan-types";
import { getTraits, VERBS } from "../../../core/plan/change/verbs";
import { hasWork } from "../../../core/plan/change/work";
import { buildObservedParent } from "../../../core/partition/carry/parent";
import { formatInstant } from "../../../core/time/instant";
import { formatInterval } from "../../../core/time/interval";
import { encodeWindow } from "../../../core/window/wire";
import type { WorkContext } from "../../../postgres/work/work-context";
import { StillNeeded } from "../../../postgres/read/dependents";
import { retire } from "../../../postgres/work/retire";
import type { ResourceContext } from "../../runtime/call-context";
import type { ArchiveNeeds } from "./archive-needs";
import { explainArchiveTrouble, waitsForArchive } from "./archive-trouble";
import { archiveDue, type LeftToArchive } from "./window-archive";
import { addLaterKeys } from "./add-later-keys";
import { addDeclaredIndexes } from "../shared/declared-indexes";
import { createMissing } from "./window-creations";
import { Failures, type RetiredStep, type Turn } from "./window-turn";
import { restoreDue } from "./window-restore";
import { recordDecision, recordPrepared } from "./window-record";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";
import type { PropertyMap } from "../../runtime/values";
import { refuse } from "../shared/inputs";
import { nameTableArguments } from "../shared/judge";
import { findOwnershipProblems } from "../shared/table-problems";
import { readPlanContext } from "./plan-context";
import { registeredWindow, registryProblems } from "./registered-window";
import { readPlan, type WindowInputs } from "./window-inputs";
import { performUpkeep } from "./window-upkeep";
import { createWorkContext } from "../shared/run-context";

/** Result of an update. */
interface WindowDone {
  readonly partitionCount: number;
  readonly retired: readonly RetiredStep[];
  /** Observation from the start, or a later one if more than partitions changed since. */
  readonly observation: Observation;
  /** Failed steps, each with its reason; everything else was done anyway. */
  readonly failures: string[];
}

/**
 * Performs the checked plan under the table's lock, on facts read there. Steps that the plan did not name are not done;
 * neither are steps that are no longer pending. Every pending action is tried; failures are reported together. Archives are
 * restored and written after that and without the lock, because they take long and must not block new partitions; the drops
 * that they permit run under the lock again.
 */
export async function performWindow(
  ctx: ResourceContext,
  runtime: Runtime,
  inputs: WindowInputs,
  raw: PropertyMap,
): Promise<WindowDone> {
  const { spec } = inputs;
  const failures = new Failures();
  const lock = { signal: ctx.signal, log: ctx.log };
  // Read without the lock; the answer is that of the preview of this run.
  const trouble = await explainArchiveTrouble(ctx, runtime, spec, collectNeeds(inputs));
  const retired: RetiredStep[] = [];
  const first = await runtime.database.withTableLock(spec.schema, spec.table, lock, async ({ mayRepeat }) => {
    const round = new Failures();
    const done = await performLocked(ctx, runtime, inputs, raw, trouble, round);
    retired.push(...done.retired);
    // Steps that failed for it are decided again on the present state; finished ones are no longer pending.
    if (round.passing && mayRepeat(round.passing)) throw round.passing;
    failures.reasons.push(...round.reasons);
    return done;
  });
  const subject = `of "${spec.schema}.${spec.table}"`;
  const back = inputs.complete
    ? await failures.attempt(`restores ${subject}`, 0, () => restoreDue(ctx, runtime, inputs, failures))
    : 0;
  const archived = inputs.complete
    ? await failures.attempt(`archives ${subject}`, [], () => archiveDue(ctx, runtime, inputs, first, failures))
    : [];
  return {
    ...first,
    partitionCount: first.partitionCount + back,
    retired: [...retired, ...archived],
    failures: failures.reasons,
  };
}

function collectNeeds({ spec, work }: WindowInputs): ArchiveNeeds {
  const due = (verb: WorkItem["verb"]) => spec.archive !== undefined && work.some((item) => item.verb === verb);
  return { mustArchive: due("archive"), mustDrop: due("drop"), mustRestore: false };
}

async function performLocked(
  ctx: ResourceContext,
  runtime: Runtime,
  inputs: WindowInputs,
  raw: PropertyMap,
  trouble: string | undefined,
  failures: Failures,
): Promise<Omit<WindowDone, "failures"> & LeftToArchive> {
  const { spec } = inputs;
  const work = createWorkContext(runtime, ctx);
  const found = await runtime.observeAgain(spec, spec.key);
  if (!found.table) throw new Refusal(`table "${spec.schema}.${spec.table}" does not exist`);
  // First, so that ATTACH gives the key to new partitions, and the schedule is prepared for the table as it is then.
  const observation = await addLaterKeys(work, runtime, inputs, found, runtime.getOwner(ctx), failures);
  if (!observation.table) throw new Refusal(`table "${spec.schema}.${spec.table}" does not exist`);
  const mayRetire = needsRetirement(inputs, observation);
  const planned = planChanges(await readPlanContext(runtime, inputs, observation, { mayRetire }));
  const problems = [
    ...findOwnershipProblems(spec, observation, runtime.getOwner(ctx)),
    ...registryProblems(observation),
    ...planned.problems,
  ];
  if (problems.length > 0) refuse(`the window of "${spec.schema}.${spec.table}"`, problems);
  const recorded = await record(work, runtime, inputs, runtime.getOwner(ctx), observation, planned, failures);
  const parent =
    planned.parent ??
    buildObservedParent(observation.table, spec.key, {
      ...runtime.collectKnown(spec, addDeclaredIndexes(runtime, spec, observation)),
      levels: spec.levels,
    });
  if (planned.stopped !== undefined) ctx.log.warn(`table "${spec.schema}.${spec.table}": ${planned.stopped}`);
  const turn: Turn = { work, runtime, inputs, observation, planned, parent, failures };
  const made = await createMissing(turn);
  await alignPartitions(turn);
  const due = inputs.complete && recorded ? await retireDue(turn, trouble) : NOTHING_DUE;
  const retiring = dueIn(planned.changes, "retire").length;
  if (!inputs.complete && retiring > 0) {
    ctx.log.warn(
      `${retiring} partitions of "${spec.schema}.${spec.table}" are to be retired, but the plan was created without the database (${readPlan(raw)?.incompleteBecause ?? ""}): nothing was retired; run \`pulumi up\` again`,
    );
  }
  const after = await performUpkeep(turn);
  runtime.database.invalidate(spec.schema, spec.table);
  const left = due.retired.filter(({ verb }) => verb === "detach" || verb === "finalize").length;
  return {
    partitionCount: after ? listTimePartitions(spec, after.table).length : planned.partitions.length + made - left,
    retired: due.retired,
    observation: after ?? observation,
    parent,
    toArchive: due.toArchive,
  };
}

/**
 * True if this update has to plan retirement: it names a step of it, it was planned without the database and reports what is
 * due, or it records another rule, whose cut is refused on the facts of this moment.
 */
function needsRetirement({ spec, complete, work }: WindowInputs, observation: Observation): boolean {
  if (!complete || work.some(({ verb }) => getTraits(verb).section === "retire")) return true;
  const registered = registeredWindow(observation);
  return registered !== undefined && !isDeepStrictEqual(encodeWindow(registered), encodeWindow(spec));
}

/**
 * Records the window. A failure blocks no creation, but nothing is retired by a rule that is not recorded: the guards against
 * a cut compare with it.
 */
async function record(
  work: WorkContext,
  runtime: Runtime,
  inputs: WindowInputs,
  owner: string,
  observation: Observation,
  planned: TableChanges,
  failures: Failures,
): Promise<boolean> {
  const { schema, table } = inputs.spec;
  const recorded = await failures.attempt(`recording the window of "${schema}.${table}"`, false, async () => {
    await recordDecision(work, runtime, inputs, owner, observation, planned);
    return true;
  });
  await failures.attempt(`preparing the schedule of "${schema}.${table}"`, undefined, () =>
    recordPrepared(work, inputs, planned),
  );
  return recorded;
}

/**
 * Aligns partitions whether the checked plan named them or not: that deletes nothing, and a partition created a moment ago by
 * another session must not remain open until the next update.
 */
async function alignPartitions({ failures, inputs, planned, runtime, work }: Turn): Promise<void> {
  for (const { keep, reasons, statements, subject: name } of dueIn(planned.changes, "align")) {
    if (work.signal.aborted) return;
    if (keep) {
      failures.reasons.push(keep.reason);
      continue;
    }
    const subject = `aligning partition "${name}" (${reasons.join("; ")})`;
    try {
      const options = { signal: work.signal, log: work.log, subject };
      await nameTableArguments(runtime, inputs.spec, subject, () => work.database.execute(statements, options));
      work.log.info(`aligned ${name}: ${reasons.join("; ")}`);
    } catch (error) {
      failures.add(`align "${name}"`, error);
    }
  }
}

const NOTHING_DUE = { retired: [] as RetiredStep[], toArchive: [] as Retirement[] };

/** Retires everything but archives, and drops that need one: these are left to the archive. */
async function retireDue(turn: Turn, trouble: string | undefined): Promise<typeof NOTHING_DUE> {
  const { failures, inputs, observation, parent, runtime, work } = turn;
  const at = getDecidingNow(runtime.getClocks(inputs.asOf, observation));
  const retired: RetiredStep[] = [];
  const failed = new Set<string>();
  const named = namedSteps(turn, trouble);
  for (const step of named.filter((one) => !isArchives(inputs, one))) {
    const { name, oid } = step.table;
    if (failed.has(oid) || work.signal.aborted) continue;
    try {
      await retire(work, parent, step, at);
      retired.push({ verb: step.verb, partition: name });
      work.log.info(describeRetired(step));
    } catch (error) {
      failed.add(oid);
      if (error instanceof StillNeeded)
        work.log.warn(`table "${inputs.spec.schema}.${inputs.spec.table}": ${error.message}`);
      else failures.add(`${step.verb} "${name}"`, error);
    }
  }
  return { retired, toArchive: named.filter((one) => isArchives(inputs, one) && !failed.has(one.table.oid)) };
}

/** Returns the steps of the checked plan, without those that wait for an archive which cannot be written. */
function namedSteps({ failures, inputs, planned }: Turn, trouble: string | undefined): Retirement[] {
  // A detach that was interrupted in this very update is finalized by it.
  const all = dueIn(planned.changes, "retire")
    .map(({ step }) => step)
    .filter(
      ({ verb, table: { bounds } }) =>
        hasWork(inputs.work, verb, bounds) || (verb === "finalize" && hasWork(inputs.work, "detach", bounds)),
    );
  const named = all.filter((one) => trouble === undefined || !waitsForArchive(one));
  if (named.length < all.length) {
    const waiting = [...new Set(all.filter(waitsForArchive).map(({ table }) => `"${table.name}"`))];
    failures.reasons.push(`archive ${waiting.join(", ")}: ${trouble ?? ""} These remain as they are`);
  }
  return named;
}

/** Returns true for steps that depend on an archive, also if none is declared any more: the ledger has its location. */
function isArchives({ spec }: WindowInputs, step: Retirement): boolean {
  if (step.verb !== "drop") return step.verb === "archive";
  return step.needs.kind === "archive" || (step.needs.kind === "archive to come" && spec.archive !== undefined);
}

function describeRetired(step: Retirement): string {
  const day = step.verb === "detach" ? getPromisedDropDay(step) : undefined;
  const dropped = day ? `, dropped on ${formatInstant(day)} or later` : "";
  return `${VERBS[step.verb].done} ${step.table.name} (${formatInterval(step.table.bounds)})${dropped}`;
}
