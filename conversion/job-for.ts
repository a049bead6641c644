import type { DeclaredCopy } from "../core/resources/conversion";
import type { WorkContext } from "../postgres/work/work-context";
import type { CopyJob } from "./copy-job";
import type { Copyable } from "./read/copy-reading";

/** How a run works: when it ends early, and what it does while it is paused. */
export type RunLimits = Pick<CopyJob, "isTimeOver" | "whenPaused" | "stop">;

/** Returns those of one update. Its time is over `timeBudgetMinutes` after now, if they are declared. */
export function limitUpdate(work: WorkContext, { timeBudgetMinutes: minutes = Infinity }: DeclaredCopy): RunLimits {
  const end = performance.now() + minutes * 60_000;
  return { isTimeOver: () => performance.now() > end, whenPaused: "end", stop: work.signal };
}

/** Returns those of a run that an operator has started beside the program: it works until it is stopped, whatever time is declared. */
export function limitOperator(stop: AbortSignal): RunLimits {
  return { isTimeOver: () => stop.aborted, whenPaused: "wait", stop };
}

/** Returns the job of one update. */
export function makeCopyJob(work: WorkContext, declared: DeclaredCopy, { source, now }: Copyable): CopyJob {
  return { work, source, declared, now, ...limitUpdate(work, declared) };
}

/** Returns the job of a run that an operator has started beside the program. */
export function makeOperatorJob(
  work: WorkContext,
  declared: DeclaredCopy,
  { source, now }: Copyable,
  stop: AbortSignal,
): CopyJob {
  return { work, source, declared, now, ...limitOperator(stop) };
}
