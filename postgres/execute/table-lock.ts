import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connections } from "../connect/connections";
import { Cancelled, ConnectionLost, isWorthAnotherLook, LockBudgetExceeded, runRead } from "../connect/session-errors";
import { faultpoint } from "../connect/faultpoint";
import type { Log } from "../connect/log";
import { query } from "../queries";
import type { Session } from "../connect/session";

/** Pause between two checks of a lock that another session holds. */
const POLL_MS = 250;

export interface TableLockOptions {
  readonly signal: AbortSignal;
  readonly log: Log;
  /**
   * Called while the body runs if another caller of this process waits for the same lock: a body that only keeps it should
   * return.
   */
  readonly whenWanted?: () => void;
}

/**
 * Locks that let one writer at a time work on a table, in all processes: session-level advisory locks on the service session.
 * Callers of this process queue first, and the lock is handed on in the queue, so that many steps take it once.
 */
export class TableLocks {
  private readonly queues = new Map<string, Queue>();
  /** Lock under which the running code works. */
  private readonly current = new AsyncLocalStorage<Queue>();

  constructor(
    private readonly connections: Connections,
    private readonly budgetMs: number,
  ) {}

  async runLocked<T>(schema: string, table: string, options: TableLockOptions, body: LockedBody<T>): Promise<T> {
    const queue = this.enter(JSON.stringify([schema, table]));
    const turn = queue.last;
    let leave = (): void => undefined;
    queue.last = new Promise((resolve) => (leave = resolve));
    queue.whenWanted?.();
    try {
      await waitForTurn(turn, options.signal, `waiting for the lock of table "${schema}"."${table}"`);
      for (let repeat = 0; ; repeat += 1) {
        const mayRepeat = (error: unknown): boolean => !options.signal.aborted && isWorthAnotherLook(error, repeat);
        try {
          await this.hold(queue, schema, table, options);
          queue.whenWanted = options.whenWanted;
          if (queue.waiting > 1) queue.whenWanted?.();
          return await this.current.run(queue, () => body({ repeat, mayRepeat }));
        } catch (error) {
          if (!mayRepeat(error)) throw error;
          options.log.info(
            `${describeHappened(error)}. Table "${schema}"."${table}" is read again, and the remaining changes are made`,
          );
        }
      }
    } finally {
      queue.whenWanted = undefined;
      // Left only after the one before: a caller that gave up waiting must not let the next one pass the holder.
      void turn.then(async () => {
        queue.waiting -= 1;
        if (queue.waiting === 0) {
          await this.release(queue, schema, table);
          // Another caller may have entered meanwhile.
          if (queue.waiting === 0) this.queues.delete(JSON.stringify([schema, table]));
          // While it is enabled, Node.js spends time on every promise of the process.
          if (this.queues.size === 0) this.current.disable();
        }
        leave();
      });
    }
  }

  /** Fails if the session that held a lock has ended: another process may have taken over the table. */
  async assertHeld(subject: string): Promise<void> {
    const holder = this.current.getStore()?.holder;
    await holder?.listen();
    if (holder?.lost !== undefined) throw lockGone(subject, holder.lost);
  }

  /** Does the same by a query on that session. */
  async confirmHeld(subject: string): Promise<void> {
    const holder = this.current.getStore()?.holder;
    if (holder === undefined) return;
    try {
      await holder.query("select");
    } catch (error) {
      throw lockGone(subject, error);
    }
  }

  /** Confirms that the session still holds the lock: then the server has run without a break since it was taken. */
  async confirm(schema: string, table: string, subject: string): Promise<void> {
    const holder = this.queues.get(JSON.stringify([schema, table]))?.holder;
    if (holder === undefined) throw new Error(`${subject}: no session holds the lock of the table`);
    try {
      await holder.query("select");
    } catch (error) {
      throw lockGone(subject, error);
    }
  }

  private enter(key: string): Queue {
    const queue = this.queues.get(key) ?? {
      waiting: 0,
      last: Promise.resolve(),
      holder: undefined,
      whenWanted: undefined,
    };
    queue.waiting += 1;
    this.queues.set(key, queue);
    return queue;
  }

  private async hold(queue: Queue, schema: string, table: string, options: TableLockOptions): Promise<void> {
    if (queue.holder !== undefined && queue.holder.lost === undefined) return;
    queue.holder = undefined;
    queue.holder = await runRead(`taking the lock of table "${schema}"."${table}"`, () =>
      this.take(schema, table, options),
    );
    await faultpoint(`lock taken ${schema}.${table}`);
  }

  private async take(schema: string, table: string, options: TableLockOptions): Promise<Session> {
    const session = await this.connections.getServiceSession();
    const deadline = performance.now() + this.budgetMs;
    let told = false;
    while (!(await take(session, schema, table))) {
      const holder = await describeHolder(session, schema, table);
      const subject = `the lock of table "${schema}"."${table}"`;
      if (performance.now() > deadline) throw new LockBudgetExceeded(refuse(subject, holder, this.budgetMs), undefined);
      if (!told) options.log.status(`waiting for ${subject}, held by ${holder}`);
      told = true;
      await pause(options.signal, `waiting for ${subject}`);
    }
    return session;
  }

  private async release(queue: Queue, schema: string, table: string): Promise<void> {
    const holder = queue.holder;
    queue.holder = undefined;
    if (holder === undefined || holder.lost !== undefined) return;
    // A session that fails to answer has lost its locks with its connection.
    await holder.query(query("locks/table-lock-release"), [schema, table]).catch(() => undefined);
  }
}

/**
 * Work under a lock: it observes, decides and executes, so it finds what was done before. It receives the number of earlier runs,
 * and the test for errors after which it runs again.
 */
export type LockedBody<T> = (round: {
  readonly repeat: number;
  readonly mayRepeat: (error: unknown) => boolean;
}) => Promise<T>;

function describeHappened(error: unknown): string {
  if (error instanceof ConnectionLost) return error.happened;
  return `${error instanceof Error ? error.message : String(error)}: another update or session may have been faster`;
}

function lockGone(subject: string, cause: unknown): ConnectionLost {
  return new ConnectionLost(
    `${subject}: the lock of the table was lost`,
    cause,
    "and another update may have changed the table since: it must be read again",
  );
}

interface Queue {
  /** Callers that have entered and not left, including the current one. */
  waiting: number;
  /** Ends when the last in the queue has left. */
  last: Promise<void>;
  /** Session that holds the lock while it is handed on. */
  holder: Session | undefined;
  /** Notifies the current caller that another one has come. */
  whenWanted: (() => void) | undefined;
}

async function take(session: Session, schema: string, table: string): Promise<boolean> {
  const rows = await session.query(query("locks/table-lock-take"), [schema, table]);
  return rows[0]?.["taken"] === true;
}

async function describeHolder(session: Session, schema: string, table: string): Promise<string> {
  const row = (await session.query(query("locks/table-lock-holder"), [schema, table]))[0];
  if (row === undefined) return "a session that has just ended";
  const since = row["since"] === null ? "" : `, connected since ${String(row["since"])}`;
  return `pid ${String(row["pid"])} ("${String(row["application"] ?? "unnamed")}"${since})`;
}

function refuse(subject: string, holder: string, budgetMs: number): string {
  return (
    `${subject} was not free within ${Math.round(budgetMs / 1000)} s: it is held by ${holder}. ` +
    "Another update works on this table: let it finish, or end that session, then run the update again."
  );
}

async function pause(signal: AbortSignal, subject: string): Promise<void> {
  try {
    await sleep(POLL_MS, undefined, { signal });
  } catch (error) {
    throw new Cancelled(subject, error);
  }
}

/** Waits until one who came before has ended; a cancelled caller does not. */
export async function waitForTurn(turn: Promise<void>, signal: AbortSignal, subject: string): Promise<void> {
  if (signal.aborted) throw new Cancelled(subject);
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new Cancelled(subject));
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    await Promise.race([turn, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
