import type { PlanRecord } from "../../core/plan/report/plan-record";
import type { PropertyPath } from "./values";

/** Context of every call besides its data. */
export interface CallContext {
  /** Aborted by Cancel, by customTimeouts, and when the engine hangs up; its reason shows which. End within 4 s of it. */
  readonly signal: AbortSignal;
  readonly log: ResourceLog;
  /** Removes this text from every log line and error from now on, as already done for the secret configuration. */
  redact(secret: string): void;
}

/** A call about one declared resource. */
export interface ResourceContext extends CallContext {
  readonly urn: string;
  readonly stack: string;
  readonly project: string;
  /** Token of the type, such as `pgpartition:index:Table`. */
  readonly type: string;
  /** The name in the program, the last part of the URN. */
  readonly name: string;
  /** Paths that are secret in the new inputs of this call (in Read and Delete: in the old inputs). */
  readonly secrets: readonly PropertyPath[];
  /** The customTimeouts of this operation. The signal obeys it; here for budgets. */
  readonly timeoutSeconds?: number;
}

/** Log of lines that the engine shows under the resource. Never throws, keeps the order, hides secrets. */
export interface ResourceLog {
  /** Shown with --debug only. */
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  /** Marks the whole update as failed; for a failed call throw instead. */
  error(message: string): void;
  /**
   * Sets the status column next to the resource; overwritten by the next one and not retained. Without a terminal, and with
   * --diff, the engine prints each as a line: for progress every few seconds, not for every step.
   */
  status(message: string): void;
  /**
   * Adds to the machine-readable plan what a resource would run, whole: a line of JSON in the file that the environment variable
   * PGPARTITION_PLAN_FILE names, as `pgpartition plan` reads it. Does nothing without that.
   */
  record(entry: PlanRecord): void;
}
