import type { Observation, ObservedLeaf } from "../../core/observed";
import { decidingHorizon, decidingNow, type Retirement } from "../../core/plan/retirement";
import { type LivePlan, names } from "../../core/plan/window-plan";
import { observedParent, type ParentShape } from "../../core/statements/parent";
import { formatInstant } from "../../core/time/instant";
import { formatInterval, sameInterval } from "../../core/time/interval";
import { hasExpired } from "../../core/window/window";
import { windowToWire } from "../../core/window/wire";
import { ledgerStatement, recordWindowStatement } from "../../postgres/registry";
import { createPartition } from "../../postgres/work/create-partition";
import type { WorkContext } from "../../postgres/work/context";
import { retire } from "../../postgres/work/retire";
import type { ResourceContext } from "../context";
import { Refusal } from "../failures";
import type { Runtime } from "../runtime";
import type { PropertyMap } from "../values";
import { refuse } from "./inputs";
import { ownershipProblems } from "./table-problems";
import { planLive, registryProblems } from "./window-plan";
import { readPlan, type WindowInputs } from "./window-inputs";
import { rowsAreGone, workContext } from "./work";

/** What an update did. */
export interface WindowDone {
  readonly leafCount: number;
  readonly retired: string[];
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
    const live = planLive(runtime, inputs, observation);
    const problems = [
      ...ownershipProblems(spec, observation, runtime.owner(ctx)),
      ...registryProblems(observation),
      ...live.problems,
    ];
    if (problems.length > 0) refuse(`the window of "${spec.schema}.${spec.table}"`, problems);
    await recordDecision(work, runtime, inputs, observation);
    const parent = observedParent(observation.table, spec.key, observation.registration?.indexes ?? []);
    if (live.stopped !== undefined) ctx.log.warn(`table "${spec.schema}.${spec.table}": ${live.stopped}`);
    const failures = new Failures();
    const made = await createMissing(work, parent, inputs, live, failures);
    const retired = inputs.complete ? await retireDue(work, runtime, parent, inputs, observation, live, failures) : [];
    if (!inputs.complete && live.retirements.length > 0) {
      ctx.log.warn(
        `${live.retirements.length} partitions of "${spec.schema}.${spec.table}" are due, but the plan was made without the database (${readPlan(raw)?.incompleteBecause ?? ""}): nothing was retired; run \`pulumi up\` again`,
      );
    }
    runtime.database.invalidate(spec.schema, spec.table);
    const left = retired.filter((done) => !done.startsWith("drop ")).length;
    return { leafCount: observation.table.leaves.length + made - left, retired, failures: failures.reasons };
  });
}

class Failures {
  readonly reasons: string[] = [];

  add(subject: string, error: unknown): void {
    this.reasons.push(`${subject}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Before anything else: the window that is now the rule, the confirmations, and what was found and not made by us. */
async function recordDecision(
  work: WorkContext,
  runtime: Runtime,
  inputs: WindowInputs,
  observation: Observation,
): Promise<void> {
  const { spec } = inputs;
  const transaction = `record ${spec.schema}.${spec.table}`;
  const clocks = runtime.clocks(inputs.asOf, observation);
  const horizon = decidingHorizon(spec, clocks);
  const leaves = observation.table?.leaves ?? [];
  const entry = { schema: spec.schema, table: spec.table, run: work.run, effectiveAt: decidingNow(clocks) };
  const adopted = leaves.filter(
    (leaf) => leaf.bounds !== undefined && !observation.ledger.some((known) => known.oid === leaf.oid),
  );
  const approved = leaves.filter(
    (leaf) =>
      spec.confirmDrops.some((interval) => leaf.bounds !== undefined && sameInterval(interval, leaf.bounds)) &&
      !observation.ledger.some(
        (known) => known.event === "approved" && leaf.bounds !== undefined && sameInterval(known.bounds, leaf.bounds),
      ),
  );
  const record = (leaf: ObservedLeaf, event: "adopted" | "approved") => ({
    ...ledgerStatement(work.management, {
      ...entry,
      partition: leaf.name,
      bounds: leaf.bounds ?? { from: undefined, to: undefined },
      event,
      detail: event === "adopted" && hasExpired(leaf.bounds?.to, horizon) ? { expiredAtAdoption: true } : {},
    }),
    transaction,
  });
  await work.database.execute(
    [
      {
        ...recordWindowStatement(work.management, {
          schema: spec.schema,
          table: spec.table,
          window: { ...windowToWire(spec), asOf: formatInstant(inputs.asOf) },
        }),
        transaction,
      },
      ...adopted.map((leaf) => record(leaf, "adopted")),
      ...approved.map((leaf) => record(leaf, "approved")),
    ],
    { signal: work.signal, log: work.log, subject: `recording the window of "${spec.schema}.${spec.table}"` },
  );
}

/** Only with `resources: "window"`: elsewhere each partition is a resource and makes itself. */
async function createMissing(
  work: WorkContext,
  parent: ParentShape,
  inputs: WindowInputs,
  live: LivePlan,
  failures: Failures,
): Promise<number> {
  if (inputs.spec.resources !== "window") return 0;
  let made = 0;
  const due = live.creations.filter((creation) => creation.kind === "create" || creation.kind === "attach");
  for (const [index, creation] of due.entries()) {
    const verb = creation.kind === "attach" ? "attach" : "create";
    if (inputs.complete && !names(inputs.work, verb, creation.partition)) continue;
    if (creation.kind === "create" && creation.lost) work.log.warn(rowsAreGone(creation.partition.name));
    if (index % 50 === 49) work.log.status(`partition ${index + 1} of ${due.length}`);
    try {
      await createPartition(work, parent, creation);
      made += 1;
    } catch (error) {
      failures.add(`partition "${creation.partition.name}"`, error);
      if (work.signal.aborted) break;
    }
  }
  return made;
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
