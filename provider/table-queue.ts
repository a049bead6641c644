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

/**
 * One writer for each table. The engine asks for several partitions of one table at once; they run one after the other
 * under one advisory lock and one reading of the catalogue, instead of a lock and a reading each.
 */
export class TableQueue {
  private readonly waiting = new Map<string, Waiting[]>();

  run<T>(
    database: Database,
    table: { readonly schema: string; readonly table: string },
    ctx: CallContext,
    observe: () => Promise<Observation>,
    task: (turn: Turn) => Promise<T>,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const key = JSON.stringify([table.schema, table.table]);
      const queue = this.waiting.get(key) ?? [];
      queue.push({ ctx, fail: reject, task: async (turn) => resolve(await task(turn)) });
      if (queue.length > 1) return;
      this.waiting.set(key, queue);
      setImmediate(() => void this.drain(database, table, key, observe));
    });
  }

  private async drain(
    database: Database,
    table: { readonly schema: string; readonly table: string },
    key: string,
    observe: () => Promise<Observation>,
  ): Promise<void> {
    const queue = this.waiting.get(key) ?? [];
    const first = queue[0];
    if (!first) return;
    try {
      await database.withTableLock(
        table.schema,
        table.table,
        { signal: first.ctx.signal, log: first.ctx.log },
        async () => {
          database.invalidate(table.schema, table.table);
          let observation: Observation | undefined;
          for (let next = queue[0]; next; next = queue[0]) {
            try {
              observation ??= await observe();
              await next.task({ observation, update: (changed) => void (observation = changed) });
            } catch (error) {
              next.fail(error);
              // What the failed task left behind is not known: the next one reads again.
              observation = undefined;
              database.invalidate(table.schema, table.table);
            }
            queue.shift();
          }
        },
      );
    } catch (error) {
      for (const task of queue.splice(0)) task.fail(error);
    } finally {
      database.invalidate(table.schema, table.table);
      this.waiting.delete(key);
      // A task that came between the last look and here starts a new turn.
      if (queue.length > 0) {
        this.waiting.set(key, queue);
        void this.drain(database, table, key, observe);
      }
    }
  }
}
