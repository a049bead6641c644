import type { Observation } from "../../../core/observed/observed-table";
import { planDefault } from "../../../core/plan/upkeep/plan-default";
import { type Change, WHOLE } from "../../../core/plan/change/change";
import type { UpkeepChange, UpkeepStep } from "../../../core/plan/upkeep/plan-upkeep";
import { dueIn } from "../../../core/plan/table-plan";
import type { VerbIn } from "../../../core/plan/change/verbs";
import { hasWork } from "../../../core/plan/change/work";
import { buildObservedParent } from "../../../core/partition/carry/parent";
import { recordLedgerStatement } from "../../../postgres/registry/ledger";
import { recordAliasesStatement } from "../../../postgres/registry/schedule-records";
import type { TableName } from "../../../core/names/table-name";
import type { WorkContext } from "../../../postgres/work/work-context";
import { addDeclaredIndexes } from "../shared/declared-indexes";
import type { WindowInputs } from "./window-inputs";
import type { Turn } from "./window-turn";

/**
 * Performs the upkeep of the whole table, after everything that partitions need. The default partition is judged by the
 * partitions attached now: the CHECK for one that could not be created must not refuse its rows. Returns the database as it is
 * afterwards; undefined if nothing was done.
 */
export async function performUpkeep(turn: Turn): Promise<Observation | undefined> {
  const { inputs, planned, runtime } = turn;
  const { spec } = inputs;
  const observe = (): Promise<Observation> => {
    return runtime.observeAgain(spec, spec.key);
  };
  let now = planned.defaultPartition ? await observe() : undefined;
  // Twice: a default partition that returns must exist before its CHECK can be judged.
  for (let round = 0; now?.table && round < 2; round += 1) {
    const parent = buildObservedParent(
      now.table,
      spec.key,
      runtime.collectKnown(spec, addDeclaredIndexes(runtime, spec, now)),
    );
    const due = planDefault(parent, now, [], []).upkeep;
    if (!(await perform(turn, due))) break;
    now = await observe();
  }
  const others = dueIn(planned.changes, "upkeep").filter(isPlanned);
  return (await perform(turn, others)) ? observe() : now;
}

/** Returns true if something was done. */
async function perform({ failures, inputs, work }: Turn, due: readonly UpkeepChange[]): Promise<boolean> {
  let done = false;
  for (const { verb, subject: name, reasons, statements, step } of due) {
    const { aliases, record, onlyIfNamed } = step;
    if (work.signal.aborted) break;
    if (onlyIfNamed && !(inputs.complete && hasWork(inputs.work, verb, WHOLE))) continue;
    const subject = `${UPKEEP[verb].words} "${name}" of "${inputs.spec.schema}.${inputs.spec.table}"`;
    try {
      const last = statements.at(-1);
      const entry = record
        ? recordStatement(work, inputs, name, record)
        : aliases && recordAliasesStatement(work.management, { ...nameOf(inputs), aliases });
      const note = entry && { ...entry, transaction: last?.transaction };
      // Before the last statement if that drops the object of the record: its oid is looked up.
      const all =
        note && record?.event === "dropped" ? [note, ...statements] : [...statements, ...(note ? [note] : [])];
      await work.database.execute(all, { signal: work.signal, log: work.log, subject });
      work.log.info(`${subject}: ${reasons.join("; ")}`);
      done = true;
    } catch (error) {
      failures.add(subject, error);
    }
  }
  return done;
}

interface UpkeepTraits {
  readonly words: string;
  /** As planned, after the rest; planned again after the rest; or before it. */
  readonly when: "planned" | "planned again" | "before";
}

const UPKEEP = {
  default: { words: "maintaining default partition", when: "planned again" },
  trigger: { words: "maintaining the trigger on", when: "planned" },
  name: { words: "naming functions for callers of", when: "planned" },
  unname: { words: "dropping functions for callers of", when: "planned" },
  analyze: { words: "analyzing", when: "planned" },
  // Performed in later-keys.ts.
  constrain: { words: "adding foreign key", when: "before" },
} as const satisfies Record<VerbIn<"upkeep">, UpkeepTraits>;

function isPlanned(change: UpkeepChange | Change<"constrain", undefined>): change is UpkeepChange {
  return UPKEEP[change.verb].when === "planned";
}

function recordStatement(
  work: WorkContext,
  { spec }: WindowInputs,
  partition: string,
  record: NonNullable<UpkeepStep["record"]>,
) {
  return recordLedgerStatement(work.management, {
    ...nameOf({ spec }),
    partition,
    partitionSchema: record.schema,
    bounds: WHOLE,
    event: record.event,
    run: work.run,
    detail: {},
  });
}

function nameOf({ spec: { schema, table } }: Pick<WindowInputs, "spec">): TableName {
  return { schema, table };
}
