import type { Statement } from "../../core/sql/statement";
import type { Connections } from "../connect/connections";
import type { Row, Session, Value } from "../connect/session";
import { Cancelled } from "../connect/session-errors";
import { runCancellable } from "../connect/cancel";
import { type Frame, sendControl } from "./attempt";
import { PATIENT, WHOLE_TABLE } from "./copy-transaction";
import type { ExecuteOptions } from "./execute-options";
import { runGroup, translate } from "./executor";
import type { Patience } from "./timeouts";

/** One transaction that takes several steps, between which its caller decides what comes next. */
export interface WholeTransaction {
  /**
   * Runs statements as one step, as others run a transaction: with short attempts at its locks, tried again as a whole. A step that is
   * tried again lets go of its own locks between two attempts, and keeps what the steps before it have done and locked.
   *
   * @param name of its fault points
   */
  readonly execute: (name: string, statements: readonly Statement[]) => Promise<void>;
  /** Reads within it, as long as that takes. */
  readonly readLong: (text: string, values: readonly Value[]) => Promise<Row[]>;
}

/** A step: what fails in it is undone, and nothing that was done before. */
const SAVEPOINT: Frame = { begin: "savepoint pgpartition", end: "release savepoint pgpartition", lasting: false };

/** A process that plans between two steps may need some seconds; a row that a policy would hide is an error, never left out. */
const SETTINGS = Object.entries({ ...PATIENT, ...WHOLE_TABLE }).map(([name, value]) => `set local ${name} = ${value}`);

/**
 * Runs `body` in one transaction: if it fails, or the process or the connection ends, nothing was changed.
 *
 * @param label name of its fault points
 */
export function runWholeTransaction<T>(
  connections: Connections,
  patience: Patience,
  { label, ...options }: ExecuteOptions & { readonly label: string },
  body: (transaction: WholeTransaction) => Promise<T>,
): Promise<T> {
  return connections.withSession(async (session) => {
    const control = (name: string, text: string, lasting = false): Promise<void> =>
      translate(options, undefined, () => sendControl(session, `${name} ${label}`, text, lasting));
    try {
      await control("begin", "begin");
      await Promise.all(SETTINGS.map((text) => session.query(text)));
      const result = await body({
        execute: (name, statements) => runStep(connections, patience, session, name, statements, options),
        readLong: (text, values) =>
          runCancellable(connections, session, options.signal, async () => {
            await session.query(`set local statement_timeout = '${patience.waitBudgetMs}ms'`);
            return session.query(text, values);
          }),
      });
      if (options.signal.aborted) throw new Cancelled(options.subject);
      await control("commit", "commit", true);
      return result;
    } catch (error) {
      if (session.lost === undefined) await session.query("rollback").catch(() => session.destroy());
      throw error;
    }
  });
}

async function runStep(
  connections: Connections,
  patience: Patience,
  session: Session,
  name: string,
  [first, ...others]: readonly Statement[],
  options: ExecuteOptions,
): Promise<void> {
  if (options.signal.aborted) throw new Cancelled(options.subject);
  if (!first) return;
  const group = { label: name, statements: [first, ...others] } as const;
  await runGroup(connections, patience, group, options, {
    lend: (body) => undoFailed(session, body),
    frame: SAVEPOINT,
  });
}

async function undoFailed(session: Session, body: (session: Session) => Promise<void>): Promise<void> {
  try {
    await body(session);
  } catch (error) {
    const undo = ["rollback to savepoint pgpartition", "release savepoint pgpartition"];
    if (session.lost === undefined)
      await Promise.all(undo.map((text) => session.query(text))).catch(() => session.destroy());
    throw error;
  }
}
