import type { OnStatement } from "./attempt";
import type { Log } from "../connect/log";

/** Options for executing statements. */
export interface ExecuteOptions {
  readonly signal: AbortSignal;
  readonly log: Log;
  /** True if transactions need not be on disk at commit: the caller calls `Database.flush` before it reports them. */
  readonly flushedLater?: boolean;
  /** Called after each statement. One that is tried again is reported each time. */
  readonly onStatement?: OnStatement;
  /** Called before another session sends a request again: the lock under which it was decided must still be held. */
  readonly confirm?: () => Promise<void>;
  /** Gerund and object, for errors: `creating partition "x"`. */
  readonly subject: string;
}
