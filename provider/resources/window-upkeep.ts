import type { Upkeep } from "../../core/plan/upkeep";
import { names } from "../../core/plan/window-plan";
import type { WorkContext } from "../../postgres/work/context";
import type { WindowInputs } from "./window-inputs";
import type { Failures } from "./window-creations";

/** What is due for the table as a whole, after everything that partitions need. True: something was done. */
export async function performUpkeep(
  work: WorkContext,
  inputs: WindowInputs,
  due: readonly Upkeep[],
  failures: Failures,
): Promise<boolean> {
  let done = false;
  for (const { entry, statements } of due) {
    if (work.signal.aborted || !names(inputs.work, entry.verb, WHOLE)) continue;
    const subject = `${GERUNDS[entry.verb] ?? entry.verb} "${inputs.spec.schema}.${entry.partition}"`;
    try {
      await work.database.execute(statements, { signal: work.signal, log: work.log, subject });
      work.log.info(`${subject}: ${entry.reason}`);
      done = true;
    } catch (error) {
      failures.add(subject, error);
    }
  }
  return done;
}

const WHOLE = { from: undefined, to: undefined };

const GERUNDS: Readonly<Record<string, string>> = { analyze: "analyzing" };
