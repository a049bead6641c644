// Clients that write without a pause, each only its own rows, by every kind of statement and at every level of isolation, and that
// know exactly what the server acknowledged.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { TestDatabase } from "../database";

interface WriteLedger {
  stop(): Promise<void>;
  /** Transactions that the server acknowledged. */
  readonly acknowledged: number;
  /** Failed transactions by their SQLSTATE. 40001 is the answer that REPEATABLE READ and SERIALIZABLE have for a conflict. */
  readonly refused: Readonly<Record<string, number>>;
  /** Sentences about rows that are not as acknowledged, and about statements that did not find their own rows. */
  violations(): Promise<string[]>;
}

/** A row as its client has left it. */
interface Left {
  readonly at: string;
  readonly note: string;
}

const CLIENTS = 4;

const LEVELS = ["read committed", "repeatable read", "serializable"];
const TIMES = ["2025-01-14T00:00:00Z", "2025-02-14T00:00:00Z", "2025-03-14T00:00:00Z"];

/**
 * Rows that one client has at a time. Its cascades change all of them at once: without a limit a fast machine would soon change more in
 * one statement than a swap takes over under its lock.
 */
const MAX_ROWS = 100;

/** Ids of one client: its number in millions, and a count. */
const SPACE = 1_000_000;

/** What the clients need of a database. */
export type Written = Pick<TestDatabase, "connect" | "query">;

interface WriteOptions {
  /** True if the server may go and come back: each client then looks whether its last transaction is there, and goes on. */
  readonly survive?: boolean;
}

export function startWrites(database: Written, { survive = false }: WriteOptions = {}): WriteLedger {
  const writers = Array.from({ length: CLIENTS }, (_, index) => new Writer(index + 1, database, survive));
  let running = true;
  const work = Promise.all(writers.map((writer) => writer.work(() => running)));
  return {
    stop: async () => {
      running = false;
      await work;
    },
    get acknowledged() {
      return writers.reduce((sum, writer) => sum + writer.acknowledged, 0);
    },
    get refused() {
      const all: Record<string, number> = {};
      for (const { refused } of writers)
        for (const [state, count] of Object.entries(refused)) all[state] = (all[state] ?? 0) + count;
      return all;
    },
    violations: async () => (await Promise.all(writers.map((writer) => writer.violations()))).flat(),
  };
}

/** One statement on the rows of a client, and what they are once it is acknowledged. */
interface Work {
  readonly run: (client: Client) => Promise<number>;
  /** Rows that the statement has to find. */
  readonly rows: number;
  readonly then: () => void;
}

class Writer {
  acknowledged = 0;
  readonly refused: Record<string, number> = {};
  private rows = new Map<number, Left>();
  private readonly unseen: string[] = [];
  private next = 0;
  private run: number;

  constructor(
    private readonly worker: number,
    private readonly database: Written,
    private readonly survive: boolean,
  ) {
    this.run = 1000 * worker;
  }

  async work(running: () => boolean): Promise<void> {
    let client = await this.connect();
    await client.query("insert into app.runs values ($1)", [this.run]);
    for (let n = 0; running(); n += 1) {
      const work = this.choose(n);
      if (await this.transact(client, n, work)) continue;
      await client.end().catch(() => undefined);
      client = await this.connect();
      await this.settle(work);
    }
    await client.end();
  }

  private async connect(): Promise<Client> {
    for (;;) {
      try {
        const client = await this.database.connect({ application_name: "writes" });
        // The statement that meets the end of its connection says so too.
        if (this.survive) client.on("error", () => undefined);
        return client;
      } catch (error) {
        if (!this.survive) throw error;
        await sleep(20);
      }
    }
  }

  /** After the server was gone: the last transaction was committed, or it was not; nothing else is right. */
  private async settle(work: Work): Promise<void> {
    const before = { rows: new Map(this.rows), run: this.run };
    work.then();
    const committed = await this.compare();
    if (committed.length === 0) return;
    this.rows = before.rows;
    this.run = before.run;
    const rolledBack = await this.compare();
    if (rolledBack.length > 0)
      this.unseen.push(...rolledBack.map((problem) => `after the server was gone: ${problem}`));
  }

  /** False if the connection is gone, and so it is not known whether the transaction was committed. */
  private async transact(client: Client, n: number, work: Work): Promise<boolean> {
    const level = LEVELS[n % LEVELS.length] ?? "";
    try {
      await client.query(`begin isolation level ${level}`);
      const found = await work.run(client);
      await client.query("commit");
      this.acknowledged += 1;
      if (found !== work.rows)
        this.unseen.push(`client ${this.worker}, ${level}, step ${n % 10}: ${found} rows instead of ${work.rows}`);
      work.then();
    } catch (error) {
      const state = (error as { readonly code?: string }).code ?? String(error);
      if (this.survive && isConnectionLost(state)) return false;
      this.refused[state] = (this.refused[state] ?? 0) + 1;
      await client.query("rollback");
    }
    return true;
  }

  private choose(n: number): Work {
    const own = [...this.rows.keys()];
    const id = own[n % Math.max(1, own.length)];
    const row = id === undefined ? undefined : this.rows.get(id);
    const note = `note ${n}`;
    const at = TIMES[n % TIMES.length] ?? "";
    if (id === undefined || row === undefined) return this.insert(note, at);
    const change = (text: string, values: unknown[], rows: number, then: () => void): Work => ({
      run: async (client) => (await client.query(text, values)).rowCount ?? -1,
      rows,
      then,
    });
    const set = (row: Left) => () => void this.rows.set(id, row);
    const remove = (): Work => change("delete from app.events where id = $1", [id], 1, () => void this.rows.delete(id));
    if (own.length > MAX_ROWS) return remove();
    switch (n % 10) {
      case 1:
        return change("update app.events set note = $2 where id = $1", [id, note], 1, set({ ...row, note }));
      case 2:
        return change("update app.events set at = $2 where id = $1", [id, at], 1, set({ ...row, at }));
      case 3: {
        const moved = this.newId();
        return change("update app.events set id = $2, at = $3 where id = $1", [id, moved, at], 1, () => {
          this.rows.delete(id);
          this.rows.set(moved, { ...row, at });
        });
      }
      case 4:
        return remove();
      case 5:
        return change(
          "insert into app.events values ($1, $2, $3, $4) on conflict (id, at) do update set note = excluded.note",
          [id, row.at, note, this.run],
          1,
          set({ ...row, note }),
        );
      case 6:
        return change(
          `merge into app.events e using (values ($1::bigint, $2::timestamptz)) v (id, at) on e.id = v.id and e.at = v.at
           when matched then update set note = $3 when not matched then insert values (v.id, v.at, $3, $4)`,
          [id, row.at, note, this.run],
          1,
          set({ ...row, note }),
        );
      case 7:
        return this.copyIn(note, at);
      case 8: {
        const run = this.run + 1;
        // All rows of this client follow by the cascade.
        return change("update app.runs set id = $2 where id = $1", [this.run, run], 1, () => (this.run = run));
      }
      case 9:
        return {
          run: async (client) => client.query("truncate app.beside").then(() => 0),
          rows: 0,
          then: () => undefined,
        };
      default:
        return this.insert(note, at);
    }
  }

  private newId(): number {
    this.next += 1;
    return SPACE * this.worker + this.next;
  }

  private insert(note: string, at: string): Work {
    const [one, two] = [this.newId(), this.newId()];
    return {
      run: async (client) =>
        (
          await client.query("insert into app.events values ($1, $3, $4, $5), ($2, $3, $4, $5)", [
            one,
            two,
            at,
            note,
            this.run,
          ])
        ).rowCount ?? -1,
      rows: 2,
      then: () => {
        this.rows.set(one, { at, note });
        this.rows.set(two, { at, note });
      },
    };
  }

  private copyIn(note: string, at: string): Work {
    const id = this.newId();
    const line = `${id}\t${at}\t${note}\t${this.run}\n`;
    return {
      run: async (client) => {
        const stream = client.query(copyFrom("copy app.events from stdin"));
        stream.end(line);
        await once(stream, "finish");
        return stream.rowCount;
      },
      rows: 1,
      then: () => void this.rows.set(id, { at, note }),
    };
  }

  async violations(): Promise<string[]> {
    return [...this.unseen, ...(await this.compare())];
  }

  private async compare(): Promise<string[]> {
    const found = await this.database.query<{ id: string; at: Date; note: string; run: string }>(
      "select id::text, at, note, run::text from app.events where id between $1 and $2",
      [SPACE * this.worker, SPACE * (this.worker + 1) - 1],
    );
    const problems: string[] = [];
    const seen = new Set<number>();
    for (const { id, at, note, run } of found) {
      const wanted = this.rows.get(Number(id));
      if (seen.has(Number(id))) problems.push(`row ${id} is there twice`);
      seen.add(Number(id));
      if (!wanted) problems.push(`row ${id} was deleted or moved, and is there`);
      else if (new Date(wanted.at).getTime() !== at.getTime() || wanted.note !== note || Number(run) !== this.run)
        problems.push(
          `row ${id} is (${at.toISOString()}, ${note}, ${run}), not (${wanted.at}, ${wanted.note}, ${this.run})`,
        );
    }
    for (const id of this.rows.keys()) if (!seen.has(id)) problems.push(`row ${id} was acknowledged and is lost`);
    return problems;
  }
}

/** Not by the server's word on a statement: it ends, or is gone. */
function isConnectionLost(state: string): boolean {
  return !/^[0-9A-Z]{5}$/.test(state) || state.startsWith("57P");
}
