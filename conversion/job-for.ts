import type { DeclaredCopy } from "../core/resources/conversion";
import type { WorkContext } from "../postgres/work/work-context";
import type { CopyJob } from "./copy-job";
import type { Copyable } from "./read-copy";

/** Returns the job of one update. Its time is over `timeBudgetMinutes` after now, if they are declared. */
export function makeCopyJob(work: WorkContext, declared: DeclaredCopy, { source, now }: Copyable): CopyJob {
  const { timeBudgetMinutes: minutes = Infinity } = declared;
  const end = performance.now() + minutes * 60_000;
  const isTimeOver = (): boolean => performance.now() > end;
  return { work, source, declared, now, isTimeOver, whenPaused: "end", stop: work.signal };
}

/** Returns the job of a run that an operator has started beside the program: it works until it is stopped, whatever time is declared. */
export function makeOperatorJob(
  work: WorkContext,
  declared: DeclaredCopy,
  { source, now }: Copyable,
  stop: AbortSignal,
): CopyJob {
  return { work, source, declared, now, isTimeOver: () => stop.aborted, whenPaused: "wait", stop };
}
