/** Codes of Node's sockets that mean: the connection is gone. */
const SOCKET_CODES = ["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ENOTCONN", "ECONNABORTED"];

/** The five characters that PostgreSQL gives an error, or undefined for an error of another origin. */
export function sqlState(error: unknown): string | undefined {
  const code = codeOf(error);
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !SOCKET_CODES.includes(code) ? code : undefined;
}

/** Whether an error says that the connection is gone, so that nobody knows what became of the last statement. */
export function isConnectionLoss(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return state.startsWith("08") || state.startsWith("57P");
  return SOCKET_CODES.includes(codeOf(error) ?? "") || /Connection terminated|connection error and is not queryable|was closed and is not/.test(textOf(error));
}

/** The message of anything thrown; Node's AggregateError has none of its own, only its parts do. */
export function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(textOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
