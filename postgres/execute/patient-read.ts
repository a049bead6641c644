import { type Blocker, watchBlockers } from "./blockers";
import type { Connections } from "../connect/connections";
import { isWorthAnotherLook, runRead } from "../connect/session-errors";
import { type Log, QUIET } from "../connect/log";
import { retryLocks } from "./retry";
import type { Session } from "../connect/session";
import { READ_LOCK_TIMEOUT_MS } from "../connect/session-settings";
import type { Patience } from "./timeouts";

/** Options for one read. */
interface ReadOptions {
  /** Gerund and object, for errors: `reading table "x"`. */
  readonly subject: string;
  readonly signal: AbortSignal;
  readonly log?: Log;
}

/**
 * Runs a read, again if a lock is not available: catalogue functions lock what they print or measure, and a table that another
 * session rewrites is free again after a while. Each attempt waits READ_LOCK_TIMEOUT_MS for a lock, all of them as long as a
 * statement that changes something would; then the blocking session is named. `body` receives the number of earlier attempts.
 */
export async function readPatiently<T>(
  connections: Connections,
  patience: Patience,
  options: ReadOptions,
  body: (session: Session, tried: number) => Promise<T>,
): Promise<T> {
  const seen: Blocker[] = [];
  let tried = 0;
  // A slow read need not be a waiting one: blockers are sampled only after a first attempt.
  const waits = (): boolean => tried > 0 || patience.lockBudgetMs <= 2 * READ_LOCK_TIMEOUT_MS;
  const look = (): Promise<T> =>
    runRead(options.subject, () =>
      connections.withSession((session) =>
        waits()
          ? watchBlockers(connections, session, READ_LOCK_TIMEOUT_MS, seen, () => body(session, tried++))
          : body(session, tried++),
      ),
    );
  // A read changes nothing: after a lost connection, or a relation that was dropped meanwhile, it is repeated.
  const lookOnce = async (): Promise<T> => {
    for (let repeat = 0; ; repeat += 1) {
      try {
        return await look();
      } catch (error) {
        if (options.signal.aborted || !isWorthAnotherLook(error, repeat)) throw error;
      }
    }
  };
  return retryLocks(lookOnce, {
    log: QUIET,
    ...options,
    budgetMs: patience.lockBudgetMs,
    remains: "Nothing was read, and nothing was changed.",
    blockers: () => seen,
  });
}
