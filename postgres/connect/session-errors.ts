import type { Statement } from "../../core/sql/statement";
import { SessionLost } from "./session";
import { isConnectionLoss, explainLoss, mayBeOvertaken, getSqlState, getMessage } from "./sqlstate";

/** Thrown if the server refused a statement. Its transaction has been rolled back. */
export class StatementError extends Error {
  readonly sqlState: string | undefined;

  constructor(
    subject: string,
    readonly statement: Statement | undefined,
    cause: unknown,
  ) {
    super(`${subject}: ${describe(cause)}`, { cause });
    this.name = "StatementError";
    this.sqlState = getSqlState(cause);
  }
}

/**
 * Returns true if a statement that compares the database with what was planned (RAISE with ERRCODE object_not_in_prerequisite_state)
 * found another one: its transaction changed nothing, and the plan has to be made again.
 */
export function isRefusedAsAltered(error: unknown): error is StatementError {
  return error instanceof StatementError && error.sqlState === "55000";
}

/** Thrown if a lock was not available within the budget. Nothing was changed, unless the message states it. */
export class LockBudgetExceeded extends Error {
  readonly sqlState: string | undefined;

  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = "LockBudgetExceeded";
    this.sqlState = getSqlState(cause);
  }
}

/** Consequence of a lost connection for the operation, as the end of a sentence. */
export const OUTCOME_UNKNOWN = "outcome unknown: it may have taken effect, and the database must be read again";
export const NOT_DONE = "nothing of it was done";

/** Thrown if the connection was lost during an operation: names it, the database, and the possible outcome. */
export class ConnectionLost extends Error {
  /** True if it is known that it can be sent again. */
  readonly nothingDone: boolean;
  /** Event without the next step. */
  readonly happened: string;

  constructor(subject: string, cause: unknown, consequence = OUTCOME_UNKNOWN) {
    const where = cause instanceof SessionLost ? ` to ${cause.where}` : "";
    const happened = `${subject}: the connection${where} was lost (${explainLoss(cause)}), ${consequence}`;
    const wayOn = "Run the update again when the server accepts connections: it continues from what it finds";
    super(`${happened}. ${wayOn}.`, { cause });
    this.happened = happened;
    this.name = "ConnectionLost";
    this.nothingDone = consequence === NOT_DONE;
  }
}

/**
 * Returns true if another look at the database, after `repeat` such looks, may show that nothing is left to do, or another way to
 * do it: a server that restarts takes more than one connection, and a statement that fails twice in one way is a mistake.
 */
export function isWorthAnotherLook(error: unknown, repeat: number): boolean {
  if (error instanceof ConnectionLost) return repeat < 2;
  return error instanceof StatementError && mayBeOvertaken(error.cause) && repeat < 1;
}

/** Runs a read and explains its failure. A read changes nothing, so a lost connection leaves no doubt. */
export async function runRead<T>(subject: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isConnectionLoss(error)) throw new ConnectionLost(subject, error, "nothing was read");
    if (getSqlState(error) !== undefined) throw new StatementError(subject, undefined, error);
    throw error;
  }
}

/** Runs an operation that streams rows, and explains its failure; `consequence` is that of a lost connection. */
export async function runStreaming<T>(
  options: { readonly signal: AbortSignal; readonly subject: string },
  consequence: string,
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (options.signal.aborted && getSqlState(error) === "57014") throw new Cancelled(options.subject, error);
    if (isConnectionLoss(error)) throw new ConnectionLost(options.subject, error, consequence);
    if (getSqlState(error) !== undefined) throw new StatementError(options.subject, undefined, error);
    throw error;
  }
}

/** Thrown if the run was cancelled, and the running statement with it. */
export class Cancelled extends Error {
  constructor(subject: string, cause?: unknown) {
    super(`${subject}: cancelled`, cause === undefined ? undefined : { cause });
    this.name = "Cancelled";
  }
}

/** Returns message, code and hint; the detail too, unless it would quote values of a row (class 23). */
function describe(error: unknown): string {
  const state = getSqlState(error);
  if (state === undefined) return getMessage(error);
  const detail = state.startsWith("23") ? undefined : getField(error, "detail");
  const sentences = [`${getMessage(error)} (SQLSTATE ${state})`, detail, getField(error, "hint")];
  return sentences.filter((sentence) => sentence !== undefined).join(". ");
}

function getField(error: unknown, name: "detail" | "hint"): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const value = (error as Readonly<Record<string, unknown>>)[name];
  return typeof value === "string" && value !== "" ? value.replace(/\.$/, "") : undefined;
}
