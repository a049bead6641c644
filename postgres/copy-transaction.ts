import { COPY_SETTINGS } from "../core/archive/copy-settings";
import { cancellable } from "./cancel";
import type { Connections } from "./connections";
import { streaming } from "./errors";
import type { Session } from "./session";
import { inTransaction } from "./transaction";

/** Who asks for a COPY, and how long the server may work on it. */
export interface CopyOptions {
  readonly signal: AbortSignal;
  /** What is being done, for errors. */
  readonly subject: string;
  readonly timeoutMs: number;
}

export interface CopyFrame {
  readonly begin: "begin" | "begin read only";
  /** What remains when it fails, for errors. */
  readonly left: string;
  /** Besides those that make the text of rows the same everywhere. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Rows that a policy would hide are an error, never left out. */
export const WHOLE_TABLE = { row_security: "off" };

/** What reads or gives the rows may take some seconds more for them than the server. */
export const PATIENT = { idle_in_transaction_session_timeout: "0" };

/** Moves rows by COPY in a transaction of its own, which can be cancelled, and in which rows print the same on every server. */
export function inCopyTransaction<T>(
  connections: Connections,
  options: CopyOptions,
  { begin, left, settings = {} }: CopyFrame,
  body: (session: Session) => Promise<T>,
): Promise<T> {
  const all = { ...COPY_SETTINGS, statement_timeout: `${options.timeoutMs}ms`, ...settings };
  return connections.withStreamingSession((session) =>
    streaming(options, left, () =>
      cancellable(connections, session, options.signal, () => inTransaction(session, begin, all, () => body(session))),
    ),
  );
}
