import { timeLeaves } from "../../core/levels/tree";
import type { Observation } from "../../core/observed";
import { decidingNow } from "../../core/plan/clocks";
import type { Retirement } from "../../core/plan/retiring";
import type { LivePlan } from "../../core/plan/live-plan";
import { names } from "../../core/plan/work";
import { observedParent, type ParentShape } from "../../core/statements/parent";
import { formatInstant } from "../../core/time/instant";
import { formatInterval } from "../../core/time/interval";
import type { WorkContext } from "../../postgres/work/context";
import { retire } from "../../postgres/work/retire";
import type { ResourceContext } from "../context";
import { withDeclaredIndexes } from "./declared-indexes";
import { createMissing, Failures } from "./window-creations";
import { recordDecision } from "./window-record";
import { Refusal } from "../failures";
import type { Runtime } from "../runtime";
import type { PropertyMap } from "../values";
import { refuse } from "./inputs";
import { ownershipProblems } from "./table-problems";
import { planLive, registryProblems } from "./window-plan";
import { readPlan, type WindowInputs } from "./window-inputs";
import { performUpkeep } from "./window-upkeep";
import { workContext } from "./work";

/** What an update did. */
export interface WindowDone {
  readonly leafCount: number;
  readonly retired: string[];
  /** The database as it was found, or as it is where more than partitions changed since. */
  readonly observation: Observation;
  /** What could not be done, each with its reason; everything else was done all the same. */
  readonly failures: string[];
}

/**
 * Performs the checked plan under the table's lock, on facts read there. What the plan did not name is not done; what it
 * named and is no longer due is not done either. Every due action is tried; failures are told together.
 */
export async function performWindow(
  ctx: ResourceContext,
  runtime: Runtime,
  inputs: WindowInputs,
  raw: PropertyMap,
): Promise<WindowDone> {
  const { spec } = inputs;
  const work = workContext(runtime, ctx);
  return runtime.database.withTableLock(spec.schema, spec.table, { signal: ctx.signal, log: ctx.log }, async () => {
    runtime.database.invalidate(spec.schema, spec.table);
    const observation = await runtime.observe(spec, spec.key);
    if (!observation.table) throw new Refusal(`table "${spec.schema}.${spec.table}" does not exist`);
    const live = await planLive(runtime, inputs, observation);
    const problems = [
      ...ownershipProblems(spec, observation, runtime.owner(ctx)),
      ...registryProblems(observation),
      ...live.problems,
    ];
    if (problems.length > 0) refuse(`the window of "${spec.schema}.${spec.table}"`, problems);
    await recordDecision(work, runtime, inputs, runtime.owner(ctx), observation, live);
    const parent =
      live.parent ??
      observedParent(observation.table, spec.key, {
        ...runtime.known(spec, withDeclaredIndexes(runtime, spec, observation)),
        levels: spec.levels,
      });
    if (live.stopped !== undefined) ctx.log.warn(`table "${spec.schema}.${spec.table}": ${live.stopped}`);
    const failures = new Failures();
    const made = await createMissing(work, parent, inputs, live, observation, failures);
    await alignLeaves(work, live, failures);
    const retired = inputs.complete ? await retireDue(work, runtime, parent, inputs, observation, live, failures) : [];
    if (!inputs.complete && live.retirements.length > 0) {
      ctx.log.warn(
        `${live.retirements.length} partitions of "${spec.schema}.${spec.table}" are due, but the plan was made without the database (${readPlan(raw)?.incompleteBecause ?? ""}): nothing was retired; run \`pulumi up\` again`,
      );
    }
    const after = await performUpkeep(work, runtime, inputs, live, failures);
    runtime.database.invalidate(spec.schema, spec.table);
    const left = retired.filter((done) => !done.startsWith("drop ")).length;
    return {
      leafCount: after ? timeLeaves(spec, after.table).length : live.leaves.length + made - left,
      retired,
      observation: after ?? observation,
      failures: failures.reasons,
    };
  });
}

/**
 * What a partition lacks is given to it whether the checked plan named it or not: it deletes nothing, and a partition that
 * was made a moment ago by another hand must not stay open until the next update.
 */
async function alignLeaves(work: WorkContext, live: LivePlan, failures: Failures): Promise<void> {
  for (const { leaf, statements, reasons, refused } of live.alignments) {
    if (work.signal.aborted) return;
    if (refused !== undefined) {
      failures.reasons.push(refused);
      continue;
    }
    const subject = `aligning partition "${leaf.name}" (${reasons.join("; ")})`;
    try {
      await work.database.execute(statements, { signal: work.signal, log: work.log, subject });
      work.log.info(`aligned ${leaf.name}: ${reasons.join("; ")}`);
    } catch (error) {
      failures.add(`align "${leaf.name}"`, error);
    }
  }
}

async function retireDue(
  work: WorkContext,
  runtime: Runtime,
  parent: ParentShape,
  inputs: WindowInputs,
  observation: Observation,
  live: LivePlan,
  failures: Failures,
): Promise<string[]> {
  const at = decidingNow(runtime.clocks(inputs.asOf, observation));
  const retired: string[] = [];
  const failed = new Set<string>();
  for (const retirement of live.retirements) {
    if (!names(inputs.work, retirement.verb, retirement.bounds)) continue;
    if (failed.has(retirement.oid) || work.signal.aborted) continue;
    try {
      await retire(work, parent, retirement, at);
      retired.push(`${retirement.verb} ${retirement.partition}`);
      work.log.info(done(retirement));
    } catch (error) {
      failed.add(retirement.oid);
      failures.add(`${retirement.verb} "${retirement.partition}"`, error);
    }
  }
  return retired;
}

function done(retirement: Retirement): string {
  const range = formatInterval(retirement.bounds);
  switch (retirement.verb) {
    case "finalize":
      return `finished the detach of ${retirement.partition} (${range})`;
    case "detach":
      return `detached ${retirement.partition} (${range})${retirement.dropAfter ? `, dropped on ${formatInstant(retirement.dropAfter)} or later` : ""}`;
    case "drop":
      return `dropped ${retirement.partition} (${range})`;
  }
}
