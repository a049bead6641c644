import { COPY_SETTINGS } from "../../core/rows/copy-settings";
import { type Blocker, watchBlockers } from "./blockers";
import { runCancellable } from "../connect/cancel";
import type { Connections } from "../connect/connections";
import { runStreaming } from "../connect/session-errors";
import { QUIET } from "../connect/log";
import { retryLocks } from "./retry";
import type { Patience } from "./timeouts";
import type { Session } from "../connect/session";
import { READ_LOCK_TIMEOUT_MS } from "../connect/session-settings";
import { type Begin, runInTransaction } from "../connect/transaction";

/** Caller's signal and subject of a COPY. */
export interface CopyOptions {
  readonly signal: AbortSignal;
  /** Operation in progress, for errors. */
  readonly subject: string;
}

/** Transaction around a COPY, or around the statements that copy within the server. */
export interface CopyFrame {
  readonly begin: Begin;
  /** True if rows are copied within the server: a session of the pool does, and pipelines its statements. */
  readonly within?: boolean;
  /** Consequence of a failure, for errors. */
  readonly left: string;
  /** Settings in addition to those that make the text of rows the same everywhere. */
  readonly settings?: Readonly<Record<string, string>>;
  /** True if a lock is waited for as long as the COPY itself may take. */
  readonly outwaitsLocks?: boolean;
}

/** Rows that a policy would hide are an error, never left out. */
export const WHOLE_TABLE = { row_security: "off" };

/** The process that reads or sends the rows may need some seconds more than the server. */
export const PATIENT = { idle_in_transaction_session_timeout: "0" };

/** Moves rows in a cancellable transaction of its own, in which rows print the same on every server. */
export function runInCopyTransaction<T>(
  connections: Connections,
  { lockBudgetMs, waitBudgetMs }: Patience,
  options: CopyOptions,
  { begin, left, settings = {}, outwaitsLocks = false, within = false }: CopyFrame,
  body: (session: Session) => Promise<T>,
): Promise<T> {
  const { signal, subject } = options;
  // A single attempt at a lock: a queued reader, or a lock on a table of this product, blocks no writer.
  const lockMs = outwaitsLocks ? waitBudgetMs : lockBudgetMs;
  const waits = { statement_timeout: `${waitBudgetMs}ms`, lock_timeout: `${lockMs}ms` };
  const seen: Blocker[] = [];
  const runOnce = (): Promise<T> =>
    connections[within ? "withSession" : "withStreamingSession"]((session) =>
      runStreaming(options, left, () =>
        runCancellable(connections, session, signal, () =>
          watchBlockers(connections, session, READ_LOCK_TIMEOUT_MS, seen, () =>
            runInTransaction(session, begin, { ...COPY_SETTINGS, ...waits, ...settings }, () => body(session)),
          ),
        ),
      ),
    );
  // A stream cannot be sent again: there is one attempt, and the blocking session is named.
  const remains = `${left.charAt(0).toUpperCase()}${left.slice(1)}.`;
  return retryLocks(runOnce, { signal, subject, log: QUIET, budgetMs: 0, remains, blockers: () => seen });
}
