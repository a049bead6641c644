import { waitForOldSnapshots } from "../core/conversion/copy/old-snapshots";
import type { CopySource } from "../core/conversion/copy/copy-source";
import { swapCopyStatements, type SwapProof } from "../core/conversion/copy/swap-copy";
import { listOutgoing } from "../core/conversion/copy/swap-copy";
import { listToValidate } from "../core/conversion/attach/repoint";
import type { Statement } from "../core/sql/statement";
import { faultpoint } from "../postgres/connect/faultpoint";
import { LockBudgetExceeded, StatementError } from "../postgres/connect/session-errors";
import { type CopyRecord, swappedStatement } from "../postgres/conversion/journal";
import { reread } from "./backfill";
import { type CopyJob, describeCopy } from "./copy-job";
import { followAll } from "./follow";

/** The table as it is at the moment of the swap: an index or a privilege may have come since the copy began. */
export interface SwapPlan {
  readonly source: CopySource;
  readonly proof: SwapProof;
}

/** Tries of the swap; each lets go of the lock if too much changed meanwhile, and follows the changes before the next one. */
const MAX_TRIES = 10;

/** Returns the statements of the swap, with its record. */
function recordedSwap({ source, proof }: SwapPlan, record: Pick<CopyRecord, "id">): Statement[] {
  const own = listOutgoing(source)
    .filter(({ validated }) => validated)
    .map(({ name }) => name);
  const validate = [...listToValidate(source), ...own];
  return swapCopyStatements(source, proof, [swappedStatement(proof.management, record, { validate })]);
}

/**
 * Swaps a verified copy. Before it, every transaction is waited for whose snapshot is older than the copied rows, while the changes go on
 * being followed. True: it is done. False: the copy has to be brought up again, because the table was truncated.
 */
export async function swapCopy(job: CopyJob, record: CopyRecord, plan: () => Promise<SwapPlan>): Promise<boolean> {
  if (!(await waitWhileFollowing(job, record))) return false;
  const options = { signal: job.work.signal, log: job.work.log, subject: describeCopy(job) };
  for (let tries = 1; ; tries += 1) {
    const { emptied } = await followAll(job, record);
    if (emptied) return false;
    const planned = await plan();
    await faultpoint("before the swap");
    try {
      await job.work.database.execute(recordedSwap(planned, record), options);
      return true;
    } catch (error) {
      if (tries === MAX_TRIES || !isWorthAnotherTry(error)) throw error;
      job.work.log.status(`${options.subject}: ${error.message}; try ${tries + 1} of ${MAX_TRIES}`);
    }
  }
}

/** The table changed too much under way, or was altered: its state is read again. */
function isWorthAnotherTry(error: unknown): error is Error {
  return error instanceof StatementError && error.sqlState === "55000" && !(error instanceof LockBudgetExceeded);
}

async function waitWhileFollowing(job: CopyJob, record: CopyRecord): Promise<boolean> {
  const { work } = job;
  const { emptied } = await followAll(job, record);
  if (emptied) return false;
  let waiting = true;
  const subject = `${describeCopy(job)}: waiting for transactions that began before its rows were copied`;
  work.log.status(subject);
  const waited = work.database
    .execute(waitForOldSnapshots({ schema: job.source.table.schema, pending: job.source.names.pending }), {
      signal: work.signal,
      log: work.log,
      subject,
    })
    .finally(() => (waiting = false));
  // Its failure is reported below; meanwhile it must not count as unhandled.
  waited.catch(() => undefined);
  while (waiting) {
    const followed = await followAll(job, await reread(job));
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
