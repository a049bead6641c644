// Clients that insert without a pause through the parent and remember what the server acknowledged.
import type { Client } from "pg";
import { setTimeout as sleep } from "node:timers/promises";
import { quoteQualified } from "../../../core/names/identifier";
import type { TestDatabase } from "../database";

interface LedgerOptions {
  readonly schema: string;
  readonly table: string;
  /** Values of `at` to choose from; the table has columns `id bigint` and `at`. */
  readonly times: readonly string[];
  readonly clients?: number;
  readonly pauseMs?: number;
}

export interface InsertLedger {
  /** Ends the clients; what they know stays. */
  stop(): Promise<void>;
  readonly acknowledged: number;
  /** Refusals by their SQLSTATE. */
  readonly refused: Readonly<Record<string, number>>;
  /** I1: each acknowledged row is there exactly once, in the table or in one that left it. Sentences about what is not. */
  violations(): Promise<string[]>;
}

export function startInserts(database: TestDatabase, options: LedgerOptions): InsertLedger {
  const acknowledged = new Set<number>();
  const unknown = new Set<number>();
  const refused: Record<string, number> = {};
  const clients = options.clients ?? 2;
  const table = quoteQualified(options.schema, options.table);
  let running = true;

  const work = async (worker: number): Promise<void> => {
    let client: Client | undefined;
    for (let n = worker; running; n += clients) {
      client ??= await open(database);
      if (client === undefined) continue;
      try {
        await client.query(`insert into ${table} (id, at) values ($1, $2)`, [
          n,
          options.times[n % options.times.length],
        ]);
        acknowledged.add(n);
      } catch (error) {
        const state = (error as { readonly code?: string }).code ?? "connection";
        refused[state] = (refused[state] ?? 0) + 1;
        if (!/^[0-9A-Z]{5}$/.test(state) || state.startsWith("57P")) {
          // The connection went: nobody knows whether the row is there. Once or not at all, both are right.
          unknown.add(n);
          await client.end().catch(() => undefined);
          client = undefined;
        }
      }
      await sleep(options.pauseMs ?? 2);
    }
    await client?.end().catch(() => undefined);
  };
  const workers = Promise.all(Array.from({ length: clients }, (_, index) => work(index + 1)));

  return {
    stop: async () => {
      running = false;
      await workers;
    },
    get acknowledged() {
      return acknowledged.size;
    },
    refused,
    violations: () => compare(database, options, acknowledged, unknown),
  };
}

async function open(database: TestDatabase): Promise<Client | undefined> {
  try {
    const client = await database.connect({ application_name: "inserts" });
    client.on("error", () => undefined);
    return client;
  } catch {
    await sleep(50);
    return undefined;
  }
}

async function compare(
  database: TestDatabase,
  { schema, table }: LedgerOptions,
  acknowledged: ReadonlySet<number>,
  unknown: ReadonlySet<number>,
): Promise<string[]> {
  const left = await database.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind = 'r' and c.relname <> $2
       and (not exists (select from pg_inherits i where i.inhrelid = c.oid)
         or exists (select from pg_inherits i where i.inhrelid = c.oid and i.inhdetachpending))
       and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'at' and a.attnum > 0)`,
    [schema, table],
  );
  const sources = [{ name: table }, ...left].map(
    ({ name }) => `select id::bigint as id from ${quoteQualified(schema, name)}`,
  );
  const rows = await database.query<{ id: string; count: string }>(
    `select id::text, count(*)::text as count from (${sources.join(" union all ")}) rows group by id`,
  );
  const found = new Map(rows.map((row) => [Number(row.id), Number(row.count)]));
  return [
    ...[...acknowledged].filter((id) => !found.has(id)).map((id) => `row ${String(id)} was acknowledged and is lost`),
    ...[...found]
      .filter(([, count]) => count > 1)
      .map(([id, count]) => `row ${String(id)} is there ${String(count)} times`),
    ...[...found.keys()]
      .filter((id) => id > 0 && !acknowledged.has(id) && !unknown.has(id))
      .map((id) => `row ${String(id)} was refused and is there`),
  ];
}
