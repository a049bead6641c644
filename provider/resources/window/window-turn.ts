import type { Observation } from "../../../core/observed/table";
import type { LivePlan } from "../../../core/plan/live-plan";
import type { Retirement } from "../../../core/plan/retire/retiring";
import type { ParentShape } from "../../../core/partition/carry/parent";
import { isWorthAnotherLook } from "../../../postgres/connect/errors";
import type { WorkContext } from "../../../postgres/work/context";
import type { Runtime } from "../../runtime/runtime";
import type { WindowInputs } from "./window-inputs";

/** One turn of an update under the table's lock: what it has to do, what it found and planned there, and what went wrong. */
export interface Turn {
  readonly work: WorkContext;
  readonly runtime: Runtime;
  readonly inputs: WindowInputs;
  readonly observation: Observation;
  readonly live: LivePlan;
  readonly parent: ParentShape;
  readonly failures: Failures;
}

/** What could not be done, each with its reason; everything else is done all the same. */
export class Failures {
  readonly reasons: string[] = [];
  /** The first that another look at the database may settle. */
  passing: Error | undefined;

  add(subject: string, error: unknown): void {
    if (error instanceof Error && isWorthAnotherLook(error, 0)) this.passing ??= error;
    this.reasons.push(`${subject}: ${error instanceof Error ? error.message : String(error)}`);
  }

  /** What goes wrong in it is told at the end, and stops nothing else. */
  async around<T>(subject: string, otherwise: T, body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      this.add(subject, error);
      return otherwise;
    }
  }
}

/** A step of retirement that an update has done. */
export interface RetiredStep {
  readonly verb: Retirement["verb"];
  readonly partition: string;
}
