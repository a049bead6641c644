import { type CopyRecord, readControl } from "../postgres/conversion/journal";
import { type CopyJob, describeCopy, type Stopped } from "./copy-job";
import { followAll } from "./follow";
import { waitUnlessStopped } from "./pace";

/** Time between two looks at whether it goes on. */
const LOOK_MS = 1_000;

/**
 * Ends a job that an operator has paused, or waits until it is resumed; changes are followed meanwhile, so that they do not pile up.
 * Undefined: it goes on. `emptied`: the table was truncated, and the journal is back at the beginning of the copy.
 */
export async function obeyPause(job: CopyJob, record: CopyRecord): Promise<Stopped | "emptied" | undefined> {
  const { work, whenPaused, stop } = job;
  for (let told = false; ; told = true) {
    const { paused = false } = await readControl(work.database, record);
    if (!paused) return undefined;
    if (whenPaused === "end") return "it is paused";
    if (job.isTimeOver()) return "its time is over";
    const { emptied } = await followAll(job, record);
    if (emptied) return "emptied";
    if (!told) work.log.status(`${describeCopy(job)}: paused; changes are followed until it is resumed`);
    await waitUnlessStopped(LOOK_MS, stop);
  }
}
