import { ExponentialBackoff, handleWhen, retry } from "cockatiel";
import { type Blocker, describeBlockers } from "./blockers";
import { Cancelled, LockBudgetExceeded, StatementError } from "../connect/session-errors";
import type { ExecuteOptions } from "./execute-options";
import { queuesTwice } from "./timeouts";

/** Another session was first; the same statement may succeed in a moment. Everything else is final. */
const RETRYABLE: ReadonlySet<string | undefined> = new Set([
  "55P03", // lock_not_available: lock_timeout of this session
  "40P01", // deadlock_detected
  "55006", // object_in_use
  "40001", // serialization_failure
]);

/** From below lock_timeout to a second: a short conflict is over at once, and a long one is not retried too often. */
const BACKOFF = { initialDelay: 50, maxDelay: 1_000 };

interface RetryOptions extends Pick<ExecuteOptions, "signal" | "log" | "subject"> {
  /** Time for all attempts. Zero: a single attempt. */
  readonly budgetMs: number;
  /** State after giving up, as a sentence. */
  readonly remains: string;
  readonly blockers: () => readonly Blocker[];
}

export const NOTHING_CHANGED = "Nothing was changed by this step.";

/** Tries until it succeeds, fails for another reason, or the budget is spent; then names the blockers. */
export async function retryLocks<T>(body: () => Promise<T>, options: RetryOptions): Promise<T> {
  const deadline = performance.now() + options.budgetMs;
  let attempts = 1;
  const policy = retry(
    handleWhen((error) => isRetryable(error) && performance.now() < deadline),
    { maxAttempts: Number.MAX_SAFE_INTEGER, backoff: new ExponentialBackoff(BACKOFF) },
  );
  policy.onRetry(() => {
    attempts += 1;
    options.log.status(`${options.subject}: waiting for ${describeBlockers(options.blockers())}; attempt ${attempts}`);
  });
  try {
    return await policy.execute(body, options.signal);
  } catch (error) {
    if (!isRetryable(error)) throw error;
    if (options.signal.aborted) throw new Cancelled(options.subject, error);
    throw new LockBudgetExceeded(giveUp(options, attempts), error instanceof StatementError ? error.cause : error);
  }
}

function giveUp(options: RetryOptions, attempts: number): string {
  const tries = options.budgetMs === 0 ? "" : ` in ${attempts} attempts over ${Math.round(options.budgetMs / 1000)} s`;
  const relation = options.blockers()[0]?.relation;
  return (
    `${options.subject}: no lock${relation ? ` of ${relation}` : ""}${tries}; blocked by: ${describeBlockers(options.blockers())}. ` +
    `${options.remains} End that session or let it finish, then run the update again.`
  );
}

/** Returns true for a lock conflict. 57014 is the statement_timeout of a statement that is limited to the time of one wait. */
function isRetryable(error: unknown): boolean {
  if (!(error instanceof StatementError)) return false;
  if (RETRYABLE.has(error.sqlState)) return true;
  return error.sqlState === "57014" && error.statement !== undefined && queuesTwice(error.statement);
}
