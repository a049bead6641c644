import type { CopyRecord } from "../postgres/conversion/journal";
import { PairChanged } from "../postgres/conversion/pair-transaction";
import { settleReturn } from "./settle-returned";
import { finishCopy } from "./align";
import { backfill, reread } from "./backfill";
import { beginCopy } from "./begin";
import { beginAgain, requireSameColumns } from "./begin-again";
import { type CopyEnd, type CopyJob, describeCopy, type Stopped } from "./copy-job";
import { followAll } from "./follow";
import { moveOn } from "./move-on";
import { obeyPause } from "./obey-pause";
import { verifyCopy } from "./verify-copy";

/** Times that one run begins again because the table was altered: more often is not by accident. */
const MAX_BEGINNINGS = 3;

/**
 * Brings a conversion to the point where only the swap remains, from wherever the journal says that it is. The caller holds the lock of
 * the table, so that copying and reconciling have one actor.
 */
export async function runCopy(first: CopyJob): Promise<CopyEnd> {
  let job = first;
  let record = await beginCopy(job);
  for (let beginnings = 1; ; beginnings += 1) {
    try {
      await requireSameColumns(job);
      return await advance(job, record);
    } catch (error) {
      if (!(error instanceof PairChanged) || beginnings === MAX_BEGINNINGS) throw error;
      ({ job, record } = await beginAgain(job, await reread(job), error.message));
    }
  }
}

async function advance(job: CopyJob, begun: CopyRecord): Promise<CopyEnd> {
  let record = begun;
  for (;;) {
    const stopped = await workOn(job, record);
    record = await reread(job);
    if (stopped !== undefined) return { kind: "unfinished", job, record, why: stopped };
    if (record.phase !== "verified") continue;
    const { emptied } = await followAll(job, record);
    record = await reread(job);
    if (!emptied) return { kind: "verified", job, record };
  }
}

/** Does the work of one phase, and moves on to the next one. */
async function workOn(job: CopyJob, record: CopyRecord): Promise<Stopped | undefined> {
  switch (record.phase) {
    case "copying": {
      const stopped = await backfill(job, record);
      if (stopped === undefined) await moveOn(job, record, "finishing");
      return stopped;
    }
    case "finishing": {
      const stopped = await obeyPause(job, record);
      // Emptied: the journal is back at the beginning of the copy.
      if (stopped !== undefined) return stopped === "emptied" ? undefined : stopped;
      await finishCopy(job);
      await moveOn(job, record, "verifying");
      return undefined;
    }
    case "verifying": {
      const stopped = await verifyCopy(job, record);
      // Emptied: the journal is back at the beginning of the copy.
      if (stopped === "emptied") return undefined;
      if (stopped === undefined) await moveOn(job, record, "verified");
      return stopped;
    }
    case "returned":
      return (await settleReturn(job, record)) ? undefined : "a transaction from before the way back still runs";
    case "verified":
      return undefined;
    case "prepared":
    case "swapped":
    case "returnable":
    case "returning":
    case "reverified":
    case "ended":
      throw new Error(`${describeCopy(job)}: nothing is to be copied in phase ${record.phase}`);
  }
}
