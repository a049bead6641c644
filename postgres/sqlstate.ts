/** Codes of Node's sockets that mean: the connection is gone. */
const SOCKET_CODES = [
  "ECONNRESET",
  "ECONNREFUSED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTCONN",
  "ECONNABORTED",
];

/** The five characters that PostgreSQL gives an error, also through an error of ours; undefined for another origin. */
export function sqlState(error: unknown): string | undefined {
  if (isJudged(error)) return error.sqlState;
  const code = codeOf(error);
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !SOCKET_CODES.includes(code) ? code : undefined;
}

/** Whether a lock was not to be had within lock_timeout (lock_not_available). */
export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === "55P03";
}

/** Whether an error says that the connection is gone, so that nobody knows what became of the last statement. */
export function isConnectionLoss(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return state.startsWith("08") || state.startsWith("57P");
  if (isJudged(error)) return false;
  return (
    SOCKET_CODES.includes(codeOf(error) ?? "") ||
    /Connection terminated|connection error and is not queryable|was closed and is not/.test(textOf(error))
  );
}

/** The message of anything thrown; Node's AggregateError has none of its own, only its parts do. */
export function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(textOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** Errors of ours are told by name: their texts quote the driver's, and must not be judged a second time. */
function isJudged(error: unknown): error is Error & { readonly sqlState?: string } {
  return error instanceof Error && JUDGED.includes(error.name);
}

const JUDGED = ["ConnectionError", "ConnectionLost", "StatementError", "LockBudgetExceeded", "Cancelled"];

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
