import type { Observation } from "../../core/observed/observed-table";
import type { Database } from "../../postgres/database";
import type { TableName } from "../../core/names/table-name";
import type { CallContext } from "./call-context";

/** Turn of a task: the present observation, and a way to update it. */
interface Turn {
  readonly observation: Observation;
  /** Replaces the observation for the tasks that follow, in place of reading everything again. */
  update(observation: Observation): void;
}

interface Waiting {
  readonly ctx: CallContext;
  /** Does the work; the function that it returns tells the engine that it is done. */
  readonly task: (turn: Turn) => Promise<() => void>;
  readonly fail: (error: unknown) => void;
}

/** Finished work that is not yet on disk. */
interface Done {
  readonly waiting: Waiting;
  readonly tell: () => void;
}

/** Tasks of one table, from the first until the table's lock is released. */
interface Line {
  readonly tasks: Waiting[];
  /** Ends a pause without tasks. */
  wake: () => void;
  /** Set if something else of this process, such as the table's window, waits for the table. */
  wanted: boolean;
}

/**
 * Time that a table is held without further tasks. The engine sends the next partitions after it has written its state for
 * those it was notified of together, some tenths of a second on two busy cores: without a pause they would cost a lock and a
 * reading of their own. The work that comes after the partitions ends the pause.
 */
const LINGER_MS = 500;

/**
 * One writer for each table. The engine requests several partitions of one table at once; they run one after the other under
 * one advisory lock and one reading of the catalogue, instead of a lock and a reading each. Their changes are flushed to disk
 * together, and only then the engine is notified.
 */
export class TableQueue {
  private readonly lines = new Map<string, Line>();

  run<T>(
    database: Database,
    table: TableName,
    ctx: CallContext,
    observe: () => Promise<Observation>,
    task: (turn: Turn) => Promise<T>,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const key = JSON.stringify([table.schema, table.table]);
      const waiting: Waiting = {
        ctx,
        fail: reject,
        task: (turn) => task(turn).then((result) => () => resolve(result)),
      };
      const line = this.lines.get(key);
      if (line) {
        line.tasks.push(waiting);
        line.wake();
        return;
      }
      const opened: Line = { tasks: [waiting], wake: () => undefined, wanted: false };
      this.lines.set(key, opened);
      setImmediate(() => void this.drain(database, table, key, opened, observe));
    });
  }

  private async drain(
    database: Database,
    table: TableName,
    key: string,
    line: Line,
    observe: () => Promise<Observation>,
  ): Promise<void> {
    const { tasks } = line;
    // A task that comes between the last check and the release of the lock starts a new turn.
    for (let first = tasks[0]; first; first = tasks[0]) {
      line.wanted = false;
      try {
        await database.withTableLock(
          table.schema,
          table.table,
          { signal: first.ctx.signal, log: first.ctx.log, whenWanted: () => wakeLine(line) },
          async ({ mayRepeat }) => {
            database.invalidate(table.schema, table.table);
            let observation: Observation | undefined;
            const done: Done[] = [];
            // Tasks that are not on disk, or failed with a lost connection, are queued again and find their own changes.
            const repeatAll = (error: unknown): boolean => {
              if (!mayRepeat(error)) return false;
              tasks.unshift(...done.splice(0).map(({ waiting }) => waiting));
              return true;
            };
            const settle = () => tellAll(database, table, done, repeatAll);
            for (let next = tasks[0]; next; next = await waitForTask(line, settle)) {
              const { task, fail } = next;
              try {
                observation ??= await observe();
                const tell = await task({ observation, update: (changed) => void (observation = changed) });
                done.push({ waiting: next, tell });
              } catch (error) {
                if (repeatAll(error)) throw error;
                fail(error);
                // The effects of the failed task are not known: the next one reads again.
                observation = undefined;
                database.invalidate(table.schema, table.table);
              }
              tasks.shift();
            }
          },
        );
      } catch (error) {
        for (const task of tasks.splice(0)) task.fail(error);
      } finally {
        database.invalidate(table.schema, table.table);
      }
    }
    this.lines.delete(key);
  }
}

function wakeLine(line: Line): void {
  line.wanted = true;
  line.wake();
}

/** Returns the waiting task; without one, settles finished work and returns a task that comes within the pause. */
async function waitForTask(line: Line, settle: () => Promise<void>): Promise<Waiting | undefined> {
  if (line.tasks[0]) return line.tasks[0];
  await settle();
  if (line.tasks[0] || line.wanted) return line.tasks[0];
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, LINGER_MS);
    line.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  line.wake = () => undefined;
  return line.tasks[0];
}

/** Flushes, then notifies the engine: it would otherwise record changes that a crash of the server reverts. */
async function tellAll(
  database: Database,
  table: TableName,
  done: Done[],
  again: (error: unknown) => boolean,
): Promise<void> {
  const last = done.at(-1);
  if (!last) return;
  try {
    await database.flush(table, { log: last.waiting.ctx.log });
    for (const { tell } of done.splice(0)) tell();
  } catch (error) {
    if (again(error)) throw error;
    for (const { waiting } of done.splice(0)) waiting.fail(error);
  }
}
