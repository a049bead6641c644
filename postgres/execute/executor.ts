import type { Statement } from "../../core/sql/statement";
import { attempt, FailedStep, type Frame, TRANSACTION } from "./attempt";
import { AUTOVACUUM_WAIT_MS } from "../../core/defaults";
import { type Blocker, isAutovacuum, watchBlockers } from "./blockers";
import { runCancellable } from "../connect/cancel";
import type { Connections } from "../connect/connections";
import type { Session } from "../connect/session";
import { Cancelled, ConnectionLost, NOT_DONE, OUTCOME_UNKNOWN, StatementError } from "../connect/session-errors";
import type { ExecuteOptions } from "./execute-options";
import { type Group, groupStatements } from "./groups";
import { NOTHING_CHANGED, retryLocks } from "./retry";
import { isConnectionLoss, getSqlState } from "../connect/sqlstate";
import { findClass, type Patience, sharePatience, chooseTimeouts } from "./timeouts";

const HALF_DONE = "It may be half done; the next update finds that and finishes it.";

/** Runs statements in order; a transaction is tried again as a whole if a lock is not available. */
export async function executeStatements(
  connections: Connections,
  patience: Patience,
  statements: readonly Statement[],
  options: ExecuteOptions,
): Promise<void> {
  for (const group of groupStatements(statements)) {
    if (options.signal.aborted) throw new Cancelled(options.subject);
    await runGroup(connections, patience, group, options);
  }
}

/** Where a group runs. */
interface Place {
  /** Lends a session for one try, which ends without a trace if it fails. */
  readonly lend: (body: (session: Session) => Promise<void>) => Promise<void>;
  readonly frame: Frame;
}

/**
 * Runs a group, and tries it again as a whole if a lock is not available.
 *
 * @param place left out: a transaction of its own
 */
export async function runGroup(
  connections: Connections,
  patience: Patience,
  group: Group,
  options: ExecuteOptions,
  { lend, frame }: Place = {
    lend: (body) => sendAgain(options, () => connections.withSession(body)),
    frame: TRANSACTION,
  },
): Promise<void> {
  const kind = findClass(group.statements);
  const waits = sharePatience(group.statements, patience);
  const seen: Blocker[] = [];
  let mayOutwait = group.statements.some((statement) => statement.outwaitsAutovacuum);
  const sendOnce = (): Promise<void> => {
    const outwaits = mayOutwait && seen.length > 0 && seen.every(isAutovacuum);
    if (outwaits) mayOutwait = false;
    const limits = outwaits ? { ...waits, lockTimeoutMs: AUTOVACUUM_WAIT_MS } : waits;
    return lend((session) =>
      translate(options, group.statements[0], () =>
        runCancellable(connections, session, options.signal, () =>
          watchBlockers(connections, session, patience.lockTimeoutMs, seen, () =>
            attempt(session, group, {
              frame,
              timeouts: (statement) => chooseTimeouts(statement, kind, limits),
              flushedLater: options.flushedLater ?? false,
              done: options.onStatement ?? ignore,
            }),
          ),
        ),
      ),
    );
  };
  const atomic = !group.statements.some((statement) => statement.hazards.includes("NON_TRANSACTIONAL"));
  await retryLocks(sendOnce, {
    ...options,
    // A group that may be half done must not simply be sent again; one that waits has spent its budget waiting.
    budgetMs: atomic && kind !== "waiting" ? patience.lockBudgetMs : 0,
    remains: atomic ? NOTHING_CHANGED : HALF_DONE,
    blockers: () => seen,
  });
}

/** Number of sessions lost with one group before it is given up. */
const MAX_LOSSES = 3;

/** Sends work again over another connection if the lost one had no lasting effect, while its lock is held. */
async function sendAgain(options: ExecuteOptions, body: () => Promise<void>): Promise<void> {
  for (let losses = 1; ; losses += 1) {
    try {
      return await body();
    } catch (error) {
      if (!(error instanceof ConnectionLost) || !error.nothingDone || losses === MAX_LOSSES) throw error;
      if (options.signal.aborted) throw new Cancelled(options.subject, error);
      await options.confirm?.();
      options.log.status(`${options.subject}: the connection was lost before anything was done; it is sent again`);
    }
  }
}

/** Adds the operation to a failure. */
export async function translate(
  options: Pick<ExecuteOptions, "signal" | "subject">,
  first: Statement | undefined,
  body: () => Promise<void>,
): Promise<void> {
  try {
    await body();
  } catch (error) {
    const cause = error instanceof FailedStep ? error.cause : error;
    if (options.signal.aborted && getSqlState(cause) === "57014") throw new Cancelled(options.subject, cause);
    if (isConnectionLoss(cause)) {
      const inDoubt = !(error instanceof FailedStep) || error.inDoubt;
      throw new ConnectionLost(options.subject, cause, inDoubt ? OUTCOME_UNKNOWN : NOT_DONE);
    }
    if (getSqlState(cause) === undefined) throw cause;
    throw new StatementError(options.subject, error instanceof FailedStep ? error.statement : first, cause);
  }
}

function ignore(): void {
  // No callback was given.
}
