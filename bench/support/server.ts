// A PostgreSQL server for the bench alone, as shipped: durable, with a log of every statement and its duration.
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { Version } from "../../tools/postgres/binaries";
import { type Server, startServer } from "../../tools/postgres/server";

/** Parsed in statement-log.ts. */
const LOG_LINE_PREFIX = "%m [%p] %q%a@%d ";

export interface BenchServer {
  readonly logFile: string;
  readonly version: Version;
  /** Creates an empty database, or a copy of another one. */
  createDatabase(template?: BenchDatabase): Promise<BenchDatabase>;
  stop(): Promise<void>;
}

export interface BenchDatabase {
  readonly name: string;
  readonly url: string;
  connect(application: string): Promise<Client>;
  /** Opens one session while `body` runs. */
  with<T>(application: string, body: (client: Client) => Promise<T>): Promise<T>;
}

interface BenchServerOptions {
  readonly version?: Version;
  /** True if the server logs every statement and its duration. */
  readonly logStatements?: boolean;
}

export async function startBenchServer({
  version = 18,
  logStatements = true,
}: BenchServerOptions = {}): Promise<BenchServer> {
  const server = await startServer({
    version,
    settings: {
      max_connections: "100",
      // Room for thousands of partitions in one statement.
      max_locks_per_transaction: "1024",
      log_line_prefix: LOG_LINE_PREFIX,
      log_min_duration_statement: logStatements ? "0" : "-1",
    },
  });
  return {
    logFile: server.logFile,
    version,
    createDatabase: (template) => createDatabase(server, template),
    stop: () => server.stop(),
  };
}

/** Starts a server, which is stopped when `body` has ended. */
export async function withBenchServer<T>(
  options: BenchServerOptions,
  body: (server: BenchServer) => Promise<T>,
): Promise<T> {
  const server = await startBenchServer(options);
  try {
    return await body(server);
  } finally {
    await server.stop();
  }
}

async function createDatabase(server: Server, template: BenchDatabase | undefined): Promise<BenchDatabase> {
  const name = `bench_${randomBytes(4).toString("hex")}`;
  const admin = handle(server, "postgres");
  await admin.with("bench", (client) =>
    patiently(() => client.query(`create database ${name} template ${template?.name ?? "template1"}`)),
  );
  return handle(server, name);
}

function handle(server: Server, name: string): BenchDatabase {
  const url = server.url.replace(/\/postgres$/, `/${name}`);
  const connect = async (application: string): Promise<Client> => {
    const client = new Client({ connectionString: url, application_name: application });
    await client.connect();
    return client;
  };
  return {
    name,
    url,
    connect,
    with: async (application, body) => {
      const client = await connect(application);
      try {
        return await body(client);
      } finally {
        await client.end();
      }
    },
  };
}

/** Retries: a template must have no sessions; those of a plugin that has just ended disappear within a second. */
async function patiently(body: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await body();
      return;
    } catch (error) {
      if (attempt === 50 || (error as { readonly code?: string }).code !== "55006") throw error;
      await sleep(100);
    }
  }
}
