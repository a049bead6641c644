// What a copy that follows its table costs the writers, how fast it follows, and whether it keeps up.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { Bench, BenchOptions } from "../bench";
import type { Row } from "../report";
import { cliFile } from "../support/bundles";
import { compare, median, ratioRow } from "../support/measure";
import { partitionedProject, type Project } from "../support/project";
import { type BenchDatabase, type BenchServer, withBenchServer } from "../support/server";
import { statementsDuring, totalMs } from "../support/statement-log";
import { databaseArgs } from "../support/tables";
import { findPgbenchMissing, runPgbench, type Script, SCRIPTS, UPDATED_ROWS } from "./pgbench";
import { AS_OF, createEvents, EVENTS } from "./plain-table";

/** A writer's transaction may take this much longer while its changes are captured. */
const MOST_CAPTURE = 1.2;

const KEYS_PER_SECOND = 50_000;
const WRITES_PER_SECOND = 2_000;

/** What one reconciliation takes at once: more pending keys than that would show that it falls behind. */
const MOST_PENDING = 10_000;

/** Copied and compared; from then on its changes are followed. */
const events: TableSpecArgs = {
  ...EVENTS,
  window: { ...EVENTS.window, start: "2026-03-01" },
  convertFrom: { strategy: "copy", until: "verify" },
};

export const follow: Bench = async (options) => {
  const rows = options.quick ? UPDATED_ROWS : 1_000_000;
  const missing = await findPgbenchMissing();
  const pgbench = (what: string, measure: (server: BenchServer) => Promise<Row[]>) =>
    missing === undefined
      ? withBenchServer({ logStatements: false }, measure)
      : Promise.resolve([{ what, note: `not measured: ${missing}` }]);
  return [
    ...(await pgbench("capture", (server) => measureCapture(server, rows, options))),
    ...(await withBenchServer({}, (server) => measureReconciling(server, rows, options))),
    ...(await pgbench("pending keys", (server) => measurePending(server, rows, options))),
  ];
};

/** The same transactions on a table as it is, and on one whose changes are captured. */
async function measureCapture(server: BenchServer, rows: number, { quick, signal, say }: BenchOptions): Promise<Row[]> {
  const transactions = quick ? 400 : 40_000;
  const plain = await createWithSequence(server, rows);
  const captured = await createWithSequence(server, rows);
  const project = await partitionedProject(databaseArgs(captured, { events }, AS_OF), signal);
  try {
    await project.up();
    const found: Row[] = [];
    for (const script of Object.keys(SCRIPTS) as Script[]) {
      say(`capture of one-row ${script}`);
      const side = (database: BenchDatabase) => async () =>
        transactions / (await runPgbench(database, script, { transactions }));
      const taken = await compare(quick ? 1 : 5, side(captured), side(plain));
      const inMs = { ...taken, ours: taken.ours * 1_000, peer: taken.peer * 1_000 };
      found.push(ratioRow(`one-row ${script} by pgbench, captured / not`, inMs, MOST_CAPTURE));
    }
    return found;
  } finally {
    project.remove();
  }
}

/** All that an update sends to follow many changed rows, its own reads included. */
async function measureReconciling(
  server: BenchServer,
  rows: number,
  { quick, signal, say }: BenchOptions,
): Promise<Row[]> {
  const keys = quick ? 20_000 : 200_000;
  say(`reconciling ${keys.toLocaleString("en")} keys`);
  const database = await createEvents(server, rows);
  const project = await partitionedProject(databaseArgs(database, { events }, AS_OF), signal);
  try {
    await project.up();
    const taken: number[] = [];
    for (let round = 0; round < (quick ? 1 : 3); round += 1)
      taken.push(await reconcile(server, database, project, keys));
    const ours = median(taken);
    return [
      {
        what: `an update that follows ${keys.toLocaleString("en")} changed rows, in the server`,
        ours: { value: ours, unit: "ms" },
        limit: { of: "ours", most: (keys / KEYS_PER_SECOND) * 1_000 },
        note: `${Math.round(keys / (ours / 1_000)).toLocaleString("en")} keys a second; rows of all partitions, in no order, were updated by one statement`,
      },
    ];
  } finally {
    project.remove();
  }
}

async function reconcile(
  server: BenchServer,
  database: BenchDatabase,
  project: Project,
  keys: number,
): Promise<number> {
  await database.with("application", (client) =>
    client.query(
      "update events set kind = 'changed again' where id in (select id from events order by id * 7919 % 1000003 limit $1)",
      [keys],
    ),
  );
  return totalMs(await statementsDuring(server, database, "pulumi-pgpartition", () => project.up()));
}

/** `pgpartition convert run` as a service beside writers: how many keys wait for it. */
async function measurePending(server: BenchServer, rows: number, { quick, signal, say }: BenchOptions): Promise<Row[]> {
  const seconds = quick ? 3 : 60;
  say(`${String(WRITES_PER_SECOND)} writes a second for ${String(seconds)} s beside convert run`);
  const database = await createWithSequence(server, rows);
  const project = await partitionedProject(databaseArgs(database, { events }, AS_OF), signal);
  await project.up();
  const service = spawn(process.execPath, [cliFile, "convert", "run", "public.events"], {
    env: { ...process.env, DATABASE_URL: database.url },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(service.stdout, "data");
    const writing = runPgbench(database, "updates", { perSecond: WRITES_PER_SECOND, seconds });
    const seen = await sample(database, writing);
    const most = Math.max(...seen);
    return [
      {
        what: `pending keys at ${WRITES_PER_SECOND.toLocaleString("en")} one-row updates a second, beside convert run`,
        ours: { value: most, unit: "keys" },
        limit: { of: "ours", most: MOST_PENDING },
        note: `most in each sixth of ${String(seconds)} s: ${listMost(seen, 6).join(", ")}; ${(await writing).toFixed(0)} updates a second`,
      },
    ];
  } finally {
    await stop(service);
    project.remove();
  }
}

/** Returns how many keys are pending, about five times a second, until something is over. */
async function sample(database: BenchDatabase, until: Promise<unknown>): Promise<number[]> {
  let running = true;
  const end = until.finally(() => (running = false));
  const seen: number[] = [];
  await database.with("bench", async (client) => {
    while (running) {
      const { rows } = await client.query<{ n: string }>("select count(*) as n from events_pending");
      seen.push(Number(rows[0]?.n));
      await sleep(200);
    }
  });
  await end;
  return seen;
}

/** Returns the largest number in each of so many parts, one after the other. */
function listMost(values: readonly number[], parts: number): number[] {
  const size = Math.ceil(values.length / parts);
  return Array.from({ length: parts }, (_, index) => Math.max(0, ...values.slice(index * size, (index + 1) * size)));
}

async function stop(service: ChildProcess): Promise<void> {
  if (service.exitCode !== null) throw new Error(`convert run ended with ${String(service.exitCode)}`);
  const ended = once(service, "exit");
  service.kill("SIGTERM");
  await ended;
}

async function createWithSequence(server: BenchServer, rows: number): Promise<BenchDatabase> {
  const database = await createEvents(server, rows);
  await database.with("bench", (client) => client.query(`create sequence more start ${String(rows + 1)}`));
  return database;
}
