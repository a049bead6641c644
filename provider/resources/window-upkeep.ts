import type { Observation } from "../../core/observed";
import { planDefault } from "../../core/plan/default-partition";
import type { Upkeep } from "../../core/plan/upkeep";
import type { LivePlan } from "../../core/plan/live-plan";
import { names } from "../../core/plan/work";
import { observedParent } from "../../core/statements/parent";
import { ledgerStatement } from "../../postgres/registry";
import type { WorkContext } from "../../postgres/work/context";
import type { Runtime } from "../runtime";
import { withDeclaredIndexes } from "./declared-indexes";
import type { WindowInputs } from "./window-inputs";
import type { Failures } from "./window-creations";

/**
 * What is due for the table as a whole, after everything that partitions need. The default partition is judged by what is
 * attached now: the CHECK of one that could not be made must not keep its rows out. Gives the database as it is afterwards;
 * undefined: nothing was done.
 */
export async function performUpkeep(
  work: WorkContext,
  runtime: Runtime,
  inputs: WindowInputs,
  live: LivePlan,
  failures: Failures,
): Promise<Observation | undefined> {
  const { spec } = inputs;
  const observe = (): Promise<Observation> => {
    runtime.database.invalidate(spec.schema, spec.table);
    return runtime.observe(spec, spec.key);
  };
  let now = live.defaultPartition ? await observe() : undefined;
  // Twice: one that comes back is there before its CHECK can be judged.
  for (let round = 0; now?.table && round < 2; round += 1) {
    const parent = observedParent(now.table, spec.key, runtime.known(spec, withDeclaredIndexes(runtime, spec, now)));
    const due = planDefault(parent, now, [], []).upkeep;
    if (!(await perform(work, inputs, due, failures))) break;
    now = await observe();
  }
  const others = live.upkeep.filter(({ entry }) => entry.verb === "trigger" || entry.verb === "analyze");
  return (await perform(work, inputs, others, failures)) ? observe() : now;
}

/** True: something was done. */
async function perform(
  work: WorkContext,
  inputs: WindowInputs,
  due: readonly Upkeep[],
  failures: Failures,
): Promise<boolean> {
  let done = false;
  for (const { entry, statements, record, onlyIfNamed } of due) {
    if (work.signal.aborted) break;
    if (onlyIfNamed && !(inputs.complete && names(inputs.work, entry.verb, WHOLE))) continue;
    const subject = `${WORDS[entry.verb] ?? "keeping default partition"} "${entry.partition}" of "${inputs.spec.schema}.${inputs.spec.table}"`;
    try {
      const last = statements.at(-1);
      const note = record && { ...recordOf(work, inputs, entry.partition, record), transaction: last?.transaction };
      // Before the last statement where that drops what the row is about: its oid is looked up.
      const all = note && record.event === "dropped" ? [note, ...statements] : [...statements, ...(note ? [note] : [])];
      await work.database.execute(all, { signal: work.signal, log: work.log, subject });
      work.log.info(`${subject}: ${entry.reason}`);
      done = true;
    } catch (error) {
      failures.add(subject, error);
    }
  }
  return done;
}

const WORDS: Partial<Record<Upkeep["entry"]["verb"], string>> = {
  analyze: "analyzing",
  trigger: "keeping the trigger on",
};

const WHOLE = { from: undefined, to: undefined };

function recordOf(work: WorkContext, { spec }: WindowInputs, partition: string, record: NonNullable<Upkeep["record"]>) {
  return ledgerStatement(work.management, {
    schema: spec.schema,
    table: spec.table,
    partition,
    partitionSchema: record.schema,
    bounds: WHOLE,
    event: record.event,
    run: work.run,
    detail: {},
  });
}
