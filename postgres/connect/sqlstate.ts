/** Codes of Node's sockets for a lost connection. */
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

/** Returns the SQLSTATE of PostgreSQL's errors, also of those wrapped here; undefined for another origin. */
export function getSqlState(error: unknown): string | undefined {
  if (isJudged(error)) return error.sqlState;
  const code = getCode(error);
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !SOCKET_CODES.includes(code) ? code : undefined;
}

/** Returns true if a lock was not available within lock_timeout (lock_not_available). */
export function isLockTimeout(error: unknown): boolean {
  return getSqlState(error) === "55P03";
}

/** Returns true if the connection was lost, so that the outcome of the last statement is unknown. */
export function isConnectionLoss(error: unknown): boolean {
  const state = getSqlState(error);
  if (state !== undefined) return state.startsWith("08") || state.startsWith("57P");
  if (isJudged(error)) return false;
  if (error instanceof Error && error.name === "SessionLost") return true;
  return SOCKET_CODES.includes(getCode(error) ?? "") || UNSENT.test(getMessage(error)) || ENDED.test(getMessage(error));
}

/** The driver's messages for a connection that had ended before, so that nothing was sent; and for one that ended meanwhile. */
const UNSENT = /connection error and is not queryable|was closed and is not queryable/;
const ENDED = /^(Connection terminated|Connection ended)/;

/** Explains why a connection ended: the driver's message does not mention the database. */
export function explainLoss(error: unknown): string {
  if (error instanceof Error && "why" in error && typeof error.why === "string") return error.why;
  const text = getMessage(error);
  if (UNSENT.test(text)) return "it had ended before";
  if (/timeout expired/.test(text)) return "no answer came in time: timeout expired";
  if (ENDED.test(text)) return "the server or the network ended it without a message";
  return text;
}

/** Returns true if nothing of the failed request has reached the server. */
export function wasUnsent(error: unknown): boolean {
  return UNSENT.test(getMessage(error)) || (error instanceof Error && "sent" in error && error.sent === false);
}

/** States of a statement whose object was created, dropped or changed since it was read. */
const OVERTAKEN = ["42P01", "42P07", "42P17", "42701", "42703", "42704", "42710", "42723", "42809", "55000"];

/** Returns true if another session may have been faster. The statement may be wrong as well: only another look can show that. */
export function mayBeOvertaken(error: unknown): boolean {
  const state = getSqlState(error);
  if (state === "XX000") return /concurrently|cache lookup failed|could not open relation/.test(getMessage(error));
  if (state === "23505") return /"pg_[a-z_]+_index"/.test(getMessage(error));
  return state !== undefined && OVERTAKEN.includes(state);
}

/** Returns the message of anything thrown; Node's AggregateError has none of its own, only its parts do. */
export function getMessage(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(getMessage).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** Recognizes errors of this product by name: their texts quote the driver's, and must not be judged a second time. */
function isJudged(error: unknown): error is Error & { readonly sqlState?: string } {
  return error instanceof Error && JUDGED.includes(error.name);
}

const JUDGED = ["ConnectionError", "ConnectionLost", "StatementError", "LockBudgetExceeded", "Cancelled"];

function getCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
