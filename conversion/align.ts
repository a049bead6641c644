import { alignCopyStatements, type CopyShape, finishCopyStatements } from "../core/conversion/copy/align-copy";
import type { CopySource } from "../core/conversion/copy/copy-source";
import { type CopyJob, describeCopy } from "./copy-job";
import { refuseAltered } from "./read/refuse-altered";
import { readCopy } from "./read/read-copy";

/**
 * Brings the copy to the shape that the table has by now, and says whether anything was to be done: a check or NOT NULL that the table has
 * lost would go on refusing rows in the copy.
 */
export function alignCopy(job: CopyJob): Promise<boolean> {
  return bringUp(job, alignCopyStatements);
}

/** Gives the copy the keys, indexes and checks of the table once all rows are there, and gathers its statistics. */
export async function finishCopy(job: CopyJob): Promise<void> {
  job.work.log.status(`${describeCopy(job)}: building keys and indexes of the copy`);
  if (await bringUp(job, finishCopyStatements)) return;
  throw refuseAltered(describeCopy(job), await readCopy(job.work.database, job.declared, () => job.now));
}

/** The table is read again: what the job was begun with may be hours old. */
async function bringUp(job: CopyJob, listDue: typeof alignCopyStatements): Promise<boolean> {
  const { work } = job;
  const found = job.back ? await job.back.read() : await readBoth(job);
  if (!found) return false;
  const due = listDue(found.source, found.copy);
  await work.database.execute(due, { signal: work.signal, log: work.log, subject: describeCopy(job) });
  return due.length > 0;
}

async function readBoth({
  work,
  declared,
  now,
}: CopyJob): Promise<{ readonly source: CopySource; readonly copy: CopyShape } | undefined> {
  const reading = await readCopy(work.database, declared, () => now);
  return reading.kind === "copyable" && reading.copy ? { source: reading.source, copy: reading.copy } : undefined;
}
