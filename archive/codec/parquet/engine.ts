// DuckDB in this process: loaded at first use, unloaded with its last user, one statement at a time.
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { Cancelled } from "../../../postgres/connect/session-errors";
import { loadDuckDb } from "./duckdb";

/** An interrupt sent before the statement has begun has no effect, so it is repeated. */
const REPEAT_INTERRUPT_MS = 20;

interface EngineOptions {
  /** Operation in progress, for errors. */
  readonly subject: string;
  readonly memoryMegabytes: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Engine {
  /** Returns the rows of one statement. Fails with DuckDB's own error, which may quote a row: see failure.ts. */
  run(sql: string, options: EngineOptions): Promise<readonly (readonly unknown[])[]>;
  close(): Promise<void>;
}

interface Loaded {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
}

let loaded: Promise<Loaded> | undefined;
let users = 0;
let last: Promise<unknown> = Promise.resolve();

/**
 * Opens the engine that all codecs share. Statements of all users wait for each other, so the memory of the process does not grow
 * with the number of partitions archived at a time, and DuckDB holds one of Node's four threads for files and never all of them.
 * A statement runs on such a thread, outside of the event loop: measured, the loop is held for 15 ms at most. Loading holds it
 * for 30 ms, once.
 */
export async function openEngine(): Promise<Engine> {
  users += 1;
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    users -= 1;
    if (users === 0) await unload();
  };
  try {
    loaded ??= load();
    await loaded;
  } catch (error) {
    loaded = undefined;
    users -= 1;
    throw error;
  }
  return { run, close };
}

function run(sql: string, options: EngineOptions): Promise<readonly (readonly unknown[])[]> {
  const turn = last.then(() => runNow(sql, options));
  last = turn.catch(() => undefined);
  return turn;
}

async function runNow(sql: string, { subject, memoryMegabytes, signal }: EngineOptions) {
  if (signal?.aborted) throw new Cancelled(subject, signal.reason);
  const current = await loaded;
  if (!current) throw new Error(`${subject}: closed meanwhile`);
  const { connection } = current;
  let repeat: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    repeat ??= setInterval(() => connection.interrupt(), REPEAT_INTERRUPT_MS);
    connection.interrupt();
  };
  signal?.addEventListener("abort", interrupt, { once: true });
  try {
    await connection.run(`SET memory_limit = '${Math.ceil(memoryMegabytes)}MB'`);
    const result = await connection.runAndReadAll(sql);
    return result.getRows();
  } catch (error) {
    throw signal?.aborted ? new Cancelled(subject, error) : error;
  } finally {
    signal?.removeEventListener("abort", interrupt);
    clearInterval(repeat);
  }
}

async function load(): Promise<Loaded> {
  const { DuckDBInstance } = await loadDuckDb("an archive in Parquet");
  const instance = await DuckDBInstance.create(":memory:", {
    // The other core prints rows at the server, or hashes. With one thread rows keep their order, which the proof relies on.
    threads: "1",
    // Row groups are cut by bytes only where the order need not be kept by force.
    preserve_insertion_order: "false",
    // Nothing is spilled to the disk or downloaded.
    temp_directory: "",
    // Returns memory of finished tasks to the system: otherwise each of Node's threads keeps its own share (measured).
    allocator_flush_threshold: "16MB",
    allocator_bulk_deallocation_flush_threshold: "16MB",
    // A part that is written again, smaller, has the same path: of 900 files rewritten at one path the cache returned 20 with
    // their old content (measured with 1.5.5), without it none.
    enable_external_file_cache: "false",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return { instance, connection };
}

async function unload(): Promise<void> {
  const previous = loaded;
  loaded = undefined;
  await last;
  const current = await previous;
  current?.connection.closeSync();
  current?.instance.closeSync();
}
