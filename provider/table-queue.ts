import type { Observation } from "../core/observed";
import type { Database } from "../postgres/database";
import type { CallContext } from "./context";

/** A task's turn: what the database shows now, and how to tell what the task made of it. */
export interface Turn {
  readonly observation: Observation;
  /** Replaces the observation for the tasks that follow, in place of reading everything again. */
  update(observation: Observation): void;
}

interface Waiting {
  readonly ctx: CallContext;
  readonly task: (turn: Turn) => Promise<void>;
  readonly fail: (error: unknown) => void;
}

/** The tasks of one table, from the first until the table has been let go. */
interface Line {
  readonly tasks: Waiting[];
  /** Ends a pause in which nobody waits. */
  wake: () => void;
}

/**
 * How long a table is kept when nobody waits for it. The engine sends a next partition when it has written its state, which
 * takes it tens of milliseconds: without a pause nearly every partition would cost a lock and a reading of its own.
 */
const LINGER_MS = 50;

/**
 * One writer for each table. The engine asks for several partitions of one table at once; they run one after the other
 * under one advisory lock and one reading of the catalogue, instead of a lock and a reading each.
 */
export class TableQueue {
  private readonly lines = new Map<string, Line>();

  run<T>(
    database: Database,
    table: { readonly schema: string; readonly table: string },
    ctx: CallContext,
    observe: () => Promise<Observation>,
    task: (turn: Turn) => Promise<T>,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const key = JSON.stringify([table.schema, table.table]);
      const waiting: Waiting = { ctx, fail: reject, task: async (turn) => resolve(await task(turn)) };
      const line = this.lines.get(key);
      if (line) {
        line.tasks.push(waiting);
        line.wake();
        return;
      }
      const opened: Line = { tasks: [waiting], wake: () => undefined };
      this.lines.set(key, opened);
      setImmediate(() => void this.drain(database, table, key, opened, observe));
    });
  }

  private async drain(
    database: Database,
    table: { readonly schema: string; readonly table: string },
    key: string,
    line: Line,
    observe: () => Promise<Observation>,
  ): Promise<void> {
    const { tasks } = line;
    // A task that comes between the last look and the release of the lock starts a new turn.
    for (let first = tasks[0]; first; first = tasks[0]) {
      try {
        await database.withTableLock(
          table.schema,
          table.table,
          { signal: first.ctx.signal, log: first.ctx.log },
          async () => {
            database.invalidate(table.schema, table.table);
            let observation: Observation | undefined;
            for (let next = tasks[0]; next; next = tasks[0] ?? (await nextTask(line))) {
              try {
                observation ??= await observe();
                await next.task({ observation, update: (changed) => void (observation = changed) });
              } catch (error) {
                next.fail(error);
                // What the failed task left behind is not known: the next one reads again.
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

/** The task that comes within the pause, if one does. */
async function nextTask(line: Line): Promise<Waiting | undefined> {
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
