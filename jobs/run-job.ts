import type { WorkContext } from "../postgres/work/work-context";
import { type JobPart, type Journal, writeEntry } from "./journal";

/**
 * Work that takes long. It is done outside the table's lock, under a lock of its own, because partitions must still be created
 * meanwhile; a killed run is resumed by the journal.
 */
export interface Job<Detail, Part extends JobPart> {
  readonly work: WorkContext;
  /** Operation in progress, for errors: a gerund and its object. */
  readonly subject: string;
  readonly journal: Journal<Detail, Part>;
}

/** Errors that are findings about the parts of a job. */
interface Findings {
  /** True if what was done so far is useless. */
  readonly isUseless: (error: unknown) => error is Error;
  /** True if it is worth another attempt from scratch, in the same run. */
  readonly isWorthAgain: (error: unknown) => error is Error;
  /** Consequence of such a finding, for the log. */
  readonly again: string;
}

/** Runs a job. Parts that are found useless are discarded, and the job starts again from scratch, once. */
export async function runJob<Detail, Part extends JobPart, Result>(
  job: Job<Detail, Part>,
  findings: Findings,
  body: () => Promise<Result>,
): Promise<Result> {
  const once = async (): Promise<Result> => {
    try {
      return await body();
    } catch (error) {
      if (findings.isUseless(error)) await writeEntry(job.work, job.journal.discard(error.message));
      throw error;
    }
  };
  try {
    return await once();
  } catch (error) {
    if (!findings.isWorthAgain(error)) throw error;
    job.work.log.warn(`${error.message}; ${findings.again}`);
    return once();
  }
}
