import { MAX_SWAP_CHANGES } from "../core/defaults";
import type { Statement } from "../core/sql/statement";
import { faultpoint } from "../postgres/connect/faultpoint";
import { isRefusedAsAltered } from "../postgres/connect/session-errors";
import { getLocked } from "../postgres/conversion/copy-status";
import type { CopyRecord } from "../postgres/conversion/journal";
import { PairChanged } from "../postgres/conversion/pair-transaction";
import { type CopyJob, describeCopy } from "./copy-job";
import { followAll } from "./follow";
import { outwaitSnapshots } from "./snapshots/outwait-snapshots";

/** What one try of a swap, forth or back, does: planned from both relations as they are then. */
export interface SwapPlan {
  /** Brings the one that takes the place to the shape of the other: an index or a check may have come. */
  readonly align: readonly Statement[];
  /** One transaction, with its record. */
  readonly swap: readonly Statement[];
}

/** Tries of the swap; each lets go of the lock if too much changed meanwhile, and follows the changes before the next one. */
const MAX_TRIES = 10;

/**
 * Swaps a verified copy. Before it, every transaction is waited for whose snapshot is older than the copied rows, while the changes go on
 * being followed; and the copy gets what the table has got meanwhile, a check or an index. True: it is done. False: the copy has to
 * be brought up again, because the table was truncated or its columns altered.
 */
export async function swapCopy(job: CopyJob, record: CopyRecord, plan: () => Promise<SwapPlan>): Promise<boolean> {
  const options = { signal: job.work.signal, log: job.work.log, subject: describeCopy(job) };
  const { database } = job.work;
  try {
    if (!(await waitWhileFollowing(job, record))) return false;
    for (let tries = 1; ; tries += 1) {
      const { emptied } = await followAll(job, record);
      if (emptied) return false;
      const { align, swap } = await plan();
      await database.execute(align, options);
      if (align.length > 0 && tries < MAX_TRIES) continue;
      // What came while it was planned would be reconciled under the lock.
      if (await followClosely(job, record)) return false;
      await faultpoint(job.back ? "before the way back" : "before the swap");
      try {
        // Its locks are held no longer for the disk; nothing follows before it is on it.
        await database.execute(swap, { ...options, flushedLater: true });
      } catch (error) {
        if (tries >= MAX_TRIES || !isRefusedAsAltered(error)) throw error;
        options.log.status(`${options.subject}: ${error.message}; try ${tries + 1} of ${MAX_TRIES}`);
        continue;
      }
      const { schema, name } = job.source.table;
      await database.flush(getLocked({ schema, table: name }, record), options);
      return true;
    }
  } catch (error) {
    if (error instanceof PairChanged) return false;
    throw error;
  }
}

/**
 * Follows until so few changes came during one pass that the next ones fit under the lock: each pass takes less time than the one before,
 * and so leaves less behind. True: the table was truncated.
 */
async function followClosely(job: CopyJob, record: CopyRecord): Promise<boolean> {
  for (let passes = 1; ; passes += 1) {
    const { changes, emptied } = await followAll(job, record);
    if (emptied || changes <= FEW_CHANGES || passes === MAX_PASSES) return emptied;
  }
}

/** Changes of one pass after which as many again may come until the lock is there. */
const FEW_CHANGES = MAX_SWAP_CHANGES / 4;

/** More do not help: it is written to as fast as it is followed. */
const MAX_PASSES = 20;

/**
 * Waits, before the swap, for every transaction whose snapshot is older than the copied rows, while changes go on being followed: here,
 * and on the standbys that report theirs. False: the table was emptied, and the copy has to be brought up again.
 */
async function waitWhileFollowing(job: CopyJob, record: CopyRecord): Promise<boolean> {
  const { emptied } = await followAll(job, record);
  if (emptied) return false;
  let waiting = true;
  const { work, source } = job;
  const names = { schema: source.table.schema, pending: source.names.pending };
  const subject = `${describeCopy(job)}: waiting for transactions that began before its rows were copied`;
  const waited = outwaitSnapshots(work, names, subject).finally(() => (waiting = false));
  // Its failure is reported below; meanwhile it must not count as unhandled.
  waited.catch(() => undefined);
  while (waiting) {
    const followed = await followAll(job, record);
    if (followed.emptied) {
      await waited;
      return false;
    }
    await Promise.race([waited, pause()]).catch(() => undefined);
  }
  await waited;
  return true;
}

/** Between two looks at what is pending, while others are waited for. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
