import type { Database } from "../database";
import type { Log } from "../connect/log";

/** Context of every piece of work. */
export interface WorkContext {
  readonly database: Database;
  /** Name of the management schema. */
  readonly management: string;
  /** Name of the engine operation in the ledger. */
  readonly run: string;
  /** `project/stack` whose program it is. Left out: a command. */
  readonly owner?: string;
  readonly signal: AbortSignal;
  readonly log: Log;
}
