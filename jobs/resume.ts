import type { Job } from "./run-job";
import { type Begun, type JobPart, writeEntry } from "./journal";

/** Job that has begun. */
interface Resumable<Detail> {
  readonly begun: Begun<Detail>;
  /** True if an earlier run began it, so that its parts count. */
  readonly resumed: boolean;
}

/** Beginning of a job, if no earlier one can be resumed. */
interface Beginning<Detail> {
  readonly detail: () => Promise<Detail>;
  /** True if a record is this beginning, not that of another run. */
  readonly isOwn: (recorded: Detail, own: Detail) => boolean;
  /** What another run began, for the error: "an archive of it". */
  readonly noun: string;
}

/** Resumes what an earlier run began; without, begins, and reads that back, because another run may have been faster. */
export async function resumeOrBegin<Detail, Part extends JobPart>(
  { journal, subject, work }: Job<Detail, Part>,
  earlier: Begun<Detail> | undefined,
  { detail, isOwn, noun }: Beginning<Detail>,
): Promise<Resumable<Detail>> {
  if (earlier) return { begun: earlier, resumed: true };
  const own = await detail();
  await writeEntry(work, journal.begin(own));
  const begun = await journal.readBegun();
  if (!begun || !isOwn(begun.detail, own))
    throw new Error(`${subject}: another update has begun ${noun}; run the update again`);
  return { begun, resumed: false };
}
