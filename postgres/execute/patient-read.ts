import { type Blocker, sampling } from "./blockers";
import type { Connections } from "../connect/connections";
import { isWorthAnotherLook, reading } from "../connect/errors";
import { type Log, QUIET } from "../connect/log";
import { retryLocks } from "./retry";
import type { Session } from "../connect/session";
import { READ_LOCK_TIMEOUT_MS } from "../connect/settings";
import type { Patience } from "./timeouts";

/** What goes with one reading. */
interface ReadOptions {
  /** For errors, a gerund and its object: `reading table "x"`. */
  readonly subject: string;
  readonly signal: AbortSignal;
  readonly log?: Log;
}

/**
 * Runs a reading, and again while a lock is not to be had: catalogue functions lock what they print or measure, and a table
 * that another session rewrites is free again in a while. Each try waits READ_LOCK_TIMEOUT_MS for a lock, all of them as long
 * as a statement that changes something would; then the session in the way is named. `body` is told how often it was tried
 * before.
 */
export async function readPatiently<T>(
  connections: Connections,
  patience: Patience,
  options: ReadOptions,
  body: (session: Session, tried: number) => Promise<T>,
): Promise<T> {
  const seen: Blocker[] = [];
  let tried = 0;
  // A reading that is slow is no reading that waits: only after a first try is another session asked who is in the way.
  const waits = (): boolean => tried > 0 || patience.lockBudgetMs <= 2 * READ_LOCK_TIMEOUT_MS;
  const look = (): Promise<T> =>
    reading(options.subject, () =>
      connections.withSession((session) =>
        waits()
          ? sampling(connections, session, READ_LOCK_TIMEOUT_MS, seen, () => body(session, tried++))
          : body(session, tried++),
      ),
    );
  // A reading changes nothing: what a lost connection, or a relation that went away meanwhile, took from it is read again.
  const once = async (): Promise<T> => {
    for (let repeat = 0; ; repeat += 1) {
      try {
        return await look();
      } catch (error) {
        if (options.signal.aborted || !isWorthAnotherLook(error, repeat)) throw error;
      }
    }
  };
  return retryLocks(once, {
    log: QUIET,
    ...options,
    budgetMs: patience.lockBudgetMs,
    remains: "Nothing was read, and nothing was changed.",
    blockers: () => seen,
  });
}
