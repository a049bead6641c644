// Servers with pg_stat_statements, tables with something to measure, and the programs that read the files in earnest.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll } from "vitest";
import { MONITORING_FILES, type MonitoringTexts } from "../../core/monitoring/monitoring-files";
import type { Version } from "../../tools/postgres/binaries";
import { type Server, startServer } from "../../tools/postgres/server";
import type { Program } from "../support/harness/declare";
import { eventsTable } from "../support/harness/fixture";
import { until } from "../support/harness/until";

interface MeasuredServer {
  readonly url: string;
  query<Row extends object = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** As another role, for one body. */
  as<T>(role: string, body: () => Promise<T>): Promise<T>;
}

/** One server for the describe block, with pg_stat_statements loaded and its extension not made yet. */
export function withMeasuredServer(version: Version): MeasuredServer {
  let server: Server | undefined;
  let own: Client | undefined;
  const client = (): Client => {
    if (!own) throw new Error("the server exists only inside hooks and tests");
    return own;
  };
  beforeAll(async () => {
    const settings = { fsync: "off", full_page_writes: "off", shared_preload_libraries: "pg_stat_statements" };
    server = await startServer({ version, settings });
    own = new Client({ connectionString: server.url, application_name: "test" });
    await own.connect();
  });
  afterAll(async () => {
    await own?.end();
    await server?.stop();
  });
  return {
    get url() {
      return server?.url ?? "";
    },
    query: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      (await client().query<Row>(sql, [...values])).rows,
    as: async (role, body) => {
      await client().query(`set role "${role}"`);
      try {
        return await body();
      } finally {
        await client().query("reset role");
      }
    },
  };
}

/** A table of months and one with a name that has to be quoted everywhere; planned for the present, as the views are. */
export function presentProgram(): Program {
  const window = { lead: "2 months", retention: "2 months" } as const;
  const tables = { events: eventsTable({ window }), odd: eventsTable({ table: `o.d"d's`, window }) };
  return { tables, asOf: new Date().toISOString() };
}

/** What the grants of docs/monitoring.md give to the role of an exporter. */
export const EXPORTER_GRANTS = (role: string, management: string): string[] => [
  `GRANT pg_monitor TO ${role}`,
  `GRANT USAGE ON SCHEMA ${management} TO ${role}`,
  `GRANT SELECT ON ALL TABLES IN SCHEMA ${management} TO ${role}`,
  `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${management} TO ${role}`,
];

/** A folder with the files, for one body. */
export async function withFiles<T>(texts: MonitoringTexts, body: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "pgpartition-monitoring-"));
  try {
    for (const [key, text] of Object.entries(texts) as [keyof MonitoringTexts, string][])
      writeFileSync(join(folder, MONITORING_FILES[key]), text);
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs a program to its end. */
export function run(path: string, args: readonly string[]): Promise<Ended> {
  const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, output }));
  });
}

/** What postgres_exporter shows with a queries file and nothing else, and what it wrote to its log. */
export async function scrape(
  exporter: string,
  url: string,
  queriesFile: string,
): Promise<{ text: string; log: string }> {
  const address = `127.0.0.1:${String(await freePort())}`;
  const quiet = ["--disable-default-metrics", "--disable-settings-metrics", "--no-collector.database"];
  const child = spawn(exporter, [`--web.listen-address=${address}`, `--extend.query-path=${queriesFile}`, ...quiet], {
    env: { DATA_SOURCE_NAME: `${url}?sslmode=disable` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (log += text));
  const closed = new Promise((resolve) => child.once("close", resolve));
  try {
    const read = async (): Promise<string | undefined> =>
      fetch(`http://${address}/metrics`).then(
        (response) => response.text(),
        () => undefined,
      );
    let text: string | undefined;
    await until(async () => (text = await read()) !== undefined);
    return { text: text ?? "", log };
  } finally {
    child.kill();
    await closed;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
