import { type CopyRecord, movePhase } from "../../postgres/conversion/journal";
import { type CopyJob, describeCopy, type Stopped } from "../copy-job";
import { reread } from "../backfill";
import { followAll } from "../follow";
import { verifyCopy } from "../verify-copy";

/**
 * Compares every row of the table with the former one, while changes are followed, from wherever the journal says that it is. Undefined:
 * all are equal, and only the swap remains.
 */
export async function compareForReturn(job: CopyJob, record: CopyRecord): Promise<Stopped | undefined> {
  if (record.phase === "returnable") await move(job, record, "returning");
  const begun = await reread(job);
  if (begun.phase !== "reverified") {
    const stopped = await verifyCopy(job, begun);
    if (stopped === "emptied") throw new Error(`${describeCopy(job)}: a TRUNCATE was not followed`);
    if (stopped !== undefined) return stopped;
    await move(job, begun, "reverified");
  }
  await followAll(job, begun);
  return undefined;
}

async function move({ work, source }: CopyJob, record: CopyRecord, phase: CopyRecord["phase"]): Promise<void> {
  await work.database.execute([movePhase(work.management, record, phase)], {
    signal: work.signal,
    log: work.log,
    subject: describeCopy({ source }),
  });
}
