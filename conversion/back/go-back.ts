import type { CopyRecord } from "../../postgres/conversion/journal";
import { type CopyJob, describeCopy, type Stopped } from "../copy-job";
import { reread } from "../backfill";
import { followAll } from "../follow";
import { moveOn } from "../move-on";
import { verifyCopy } from "../verify-copy";

/**
 * Compares every row of the table with the former one, while changes are followed, from wherever the journal says that it is. Undefined:
 * all are equal, and only the swap remains.
 */
export async function compareForReturn(job: CopyJob, record: CopyRecord): Promise<Stopped | undefined> {
  if (record.phase === "returnable") await moveOn(job, record, "returning");
  const begun = await reread(job);
  if (begun.phase !== "reverified") {
    const stopped = await verifyCopy(job, begun);
    if (stopped === "emptied") throw new Error(`${describeCopy(job)}: a TRUNCATE was not followed`);
    if (stopped !== undefined) return stopped;
    await moveOn(job, begun, "reverified");
  }
  await followAll(job, begun);
  return undefined;
}
