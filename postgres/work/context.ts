import type { Database } from "../database";
import type { Log } from "../connect/log";

/** What every piece of work is given. */
export interface WorkContext {
  readonly database: Database;
  /** Name of the management schema. */
  readonly management: string;
  /** Names the engine operation in the ledger. */
  readonly run: string;
  readonly signal: AbortSignal;
  readonly log: Log;
}
