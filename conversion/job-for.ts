import type { DeclaredCopy } from "../core/resources/conversion";
import type { WorkContext } from "../postgres/work/work-context";
import type { CopyJob } from "./copy-job";
import type { Copyable } from "./read-copy";

/** Returns the job of one run. Its time is over `timeBudgetMinutes` after now, if they are declared. */
export function makeCopyJob(work: WorkContext, declared: DeclaredCopy, { source, now }: Copyable): CopyJob {
  const { timeBudgetMinutes: minutes = Infinity } = declared;
  const end = performance.now() + minutes * 60_000;
  return { work, source, declared, now, isTimeOver: () => performance.now() > end };
}
