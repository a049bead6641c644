import type { OnStatement } from "./attempt";
import type { Log } from "../connect/log";

/** What goes with the execution of statements. */
export interface ExecuteOptions {
  readonly signal: AbortSignal;
  readonly log: Log;
  /**
   * Transactions need not be on disk when they have committed: the caller calls `Database.flush` before anybody is told that
   * they have.
   */
  readonly flushedLater?: boolean;
  /** Called after each statement. One that is tried again is reported each time. */
  readonly onStatement?: OnStatement;
  /** Asked before something is sent again by another session: the lock under which it was decided must still be held. */
  readonly confirm?: () => Promise<void>;
  /** For errors, a gerund and its object: `creating partition "x"`. */
  readonly subject: string;
}
