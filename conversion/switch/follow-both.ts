import { setTimeout as sleep } from "node:timers/promises";
import { LockBudgetExceeded, StatementError } from "../../postgres/connect/session-errors";
import type { Beside, BothWork } from "../../postgres/conversion/both-ways/both-transaction";
import { type BothReconciled, MAX_ROWS, reconcileBothWays } from "../../postgres/conversion/both-ways/reconcile-both";
import type { Recorded } from "../../postgres/conversion/copy-blocks";

/** How two tables are kept equal both ways by one run. */
export interface BothFollow {
  readonly work: BothWork;
  readonly record: (changes: number, conflicts: number) => Recorded;
  /** Mends what a step has failed for, a partition that is missing. False: it cannot. */
  readonly mend: (error: unknown) => Promise<boolean>;
  /** Tells keys of rows that both sides had changed otherwise. */
  readonly tell: (conflicts: BothReconciled["conflicts"]) => void;
}

/** Tries beside writers, each with a newer snapshot, before one that lets them wait; and of that. */
const MAX_TRIES = 6;
const MAX_ALONE = 20;

/** Between two tries. */
const PAUSE_MS = 50;

/** unique_violation, exclusion_violation */
const TAKEN = ["23505", "23P01"];

/** Makes both sides equal until no more changes are to be seen than came during the last step. Returns their number. */
export async function followBoth(follow: BothFollow, isOver: () => boolean = () => false): Promise<number> {
  let all = 0;
  for (;;) {
    const { changes } = await step(follow);
    all += changes;
    if (changes < MAX_ROWS || isOver()) return all;
  }
}

async function step(follow: BothFollow): Promise<BothReconciled> {
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    try {
      return await run(follow, "writers");
    } catch (error) {
      if (isTaken(error)) break;
      if (!(error instanceof LockBudgetExceeded)) throw error;
      await sleep(PAUSE_MS * tries, undefined, { signal: follow.work.signal });
    }
  }
  return runAlone(follow);
}

/**
 * Does it while no session can write to either side, all changes at once: two rows have exchanged a unique value, or one of them is
 * written to all the time.
 */
async function runAlone(follow: BothFollow): Promise<BothReconciled> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run(follow, "none");
    } catch (error) {
      if (!(error instanceof LockBudgetExceeded) || tries === MAX_ALONE) throw error;
      await sleep(PAUSE_MS * tries, undefined, { signal: follow.work.signal });
    }
  }
}

async function run(follow: BothFollow, beside: Beside): Promise<BothReconciled> {
  for (;;) {
    try {
      const done = await reconcileBothWays(follow.work, beside, follow.record);
      if (done.conflicts.length > 0) follow.tell(done.conflicts);
      return done;
    } catch (error) {
      if (!(await follow.mend(error))) throw error;
    }
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof StatementError && TAKEN.includes(error.sqlState ?? "");
}
