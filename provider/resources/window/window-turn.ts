import type { Observation } from "../../../core/observed/observed-table";
import type { TableChanges } from "../../../core/plan/table-plan";
import type { Retirement } from "../../../core/plan/retire/retiring";
import type { ParentShape } from "../../../core/partition/carry/parent";
import { isWorthAnotherLook } from "../../../postgres/connect/session-errors";
import type { WorkContext } from "../../../postgres/work/work-context";
import type { Runtime } from "../../runtime/runtime";
import type { WindowInputs } from "./window-inputs";

/** One turn of an update under the table's lock: its work, its observation and plan, and its failures. */
export interface Turn {
  readonly work: WorkContext;
  readonly runtime: Runtime;
  readonly inputs: WindowInputs;
  readonly observation: Observation;
  readonly planned: TableChanges;
  readonly parent: ParentShape;
  readonly failures: Failures;
}

/** Failed steps, each with its reason; everything else is done anyway. */
export class Failures {
  readonly reasons: string[] = [];
  /** First failure that another read of the database may resolve. */
  passing: Error | undefined;

  add(subject: string, error: unknown): void {
    if (error instanceof Error && isWorthAnotherLook(error, 0)) this.passing ??= error;
    this.reasons.push(`${subject}: ${error instanceof Error ? error.message : String(error)}`);
  }

  /** Runs `body`; its failure is reported at the end, and stops nothing else. */
  async attempt<T>(subject: string, otherwise: T, body: () => Promise<T>): Promise<T> {
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
