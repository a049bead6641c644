// A partition to Parquet files with their proof, compared with psql and zstd on the same rows, and back again.
import { execFile } from "node:child_process";
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Client } from "pg";
import { bundle } from "../../tools/bundle.mjs";
import { findExecutable } from "../../tools/stand-ins/engine/executables";
import { type Version, versions } from "../../tools/postgres/binaries";
import type { Bench, BenchOptions } from "../bench";
import type { Row } from "../report";
import { benchFolder } from "../support/bundles";
import { compare, ratioRow, timed } from "../support/measure";
import { type BenchDatabase, startBenchServer } from "../support/server";
import { archiveBesideLoad } from "./live";
import { archiveOfWide, PEAK_MEGABYTES } from "./wide";

/** As a ratio, proof included. */
const TIME_LIMIT = 2.5;
const SIZE_LIMIT = 0.75;

/** Same statement as the archive's: everything quoted; UTC comes from the environment. */
const COPY = "copy rows_to_archive to stdout (format csv, force_quote *)";

interface Outcome {
  readonly ms: number;
  readonly bytes: number;
  readonly parts: number;
  /** Memory of the whole process, in MB. */
  readonly peak: number;
}

export const archive: Bench = async (options) => {
  const missing = ["psql", "zstd"].filter((program) => findExecutable(program, process.env["PATH"]) === undefined);
  if (missing.length > 0) return [{ what: "archive", note: `not measured: ${missing.join(" and ")} not on PATH` }];
  const version = await dumpVersion();
  const server = await startBenchServer({ logStatements: false, ...(version && { version }) });
  const folder = join(benchFolder, "archive");
  for (const name of ["wide", "live"]) await mkdir(join(folder, name), { recursive: true });
  try {
    const database = await server.createDatabase();
    await database.with("bench", (client) => fill(client, options));
    return [
      ...(await measure(database, folder, options)),
      await archiveOfWide(server, folder, options),
      await archiveBesideLoad(server, folder, options),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
    await server.stop();
  }
};

async function measure(database: BenchDatabase, folder: string, { quick, say }: BenchOptions): Promise<Row[]> {
  const ours = await program(database, folder);
  const rounds = quick ? 1 : 3;
  const csv = join(folder, "rows.csv.zst");
  const outcomes: Outcome[] = [];
  say(`${rounds} rounds: to Parquet with its proof, COPY | zstd -3`);
  const speed = await compare(
    rounds,
    async () => {
      const outcome = await ours("archive", "rows_to_archive", true);
      outcomes.push(outcome);
      return outcome.ms;
    },
    () => timed(() => shell(database, `psql -qXAt -c "${COPY}" | zstd -3 -q -f -o "${csv}"`)),
  );
  const size = (await stat(csv)).size;
  const written = outcomes[0] ?? { ms: 0, bytes: 0, parts: 0, peak: 0 };
  const peak = Math.max(...outcomes.map((outcome) => outcome.peak));
  say("and back");
  const back = await compare(
    1,
    () => ours("restore", "rows_restored", false).then(({ ms }) => ms),
    () => timed(() => shell(database, `zstd -dcq "${csv}" | psql -qX -c "copy rows_loaded from stdin (format csv)"`)),
  );
  return [
    ratioRow("archive with proof / COPY | zstd -3", speed, TIME_LIMIT),
    {
      what: "Parquet / CSV with zstd -3, in size",
      ratio: written.bytes / size,
      limit: { of: "ratio", most: SIZE_LIMIT },
      note: `${mega(written.bytes)} in ${written.parts} parts, ${mega(size)}`,
    },
    {
      what: "peak memory of the archive / 300 MB",
      ratio: peak / PEAK_MEGABYTES,
      limit: { of: "ratio", most: 1 },
      note: `${peak.toFixed(0)} MB, the whole process`,
    },
    await dumped(database, folder, speed.ours),
    { ...ratioRow("restore / zstd -d | COPY FROM", back), note: `${await differing(database)} rows differ afterwards` },
  ];
}

/** Runs the archive as a separate process, bundled like the plugin. */
async function program(database: BenchDatabase, folder: string) {
  const file = join(benchFolder, "archive-process.cjs");
  await bundle("bench/archive/archive-process.ts", file);
  const parts = join(folder, "parts");
  return async (verb: string, table: string, anew: boolean): Promise<Outcome> => {
    if (anew) await rm(parts, { recursive: true, force: true });
    await mkdir(parts, { recursive: true });
    const { stdout } = await promisify(execFile)(process.execPath, [file, verb, table, parts], {
      env: { ...process.env, BENCH_URL: database.url },
    });
    return JSON.parse(stdout) as Outcome;
  };
}

/** Returns the version that this machine's pg_dump supports, if an embedded server of it exists. */
async function dumpVersion(): Promise<Version | undefined> {
  const asked = await promisify(execFile)("pg_dump", ["--version"]).catch(() => ({ stdout: "" }));
  return versions.find((version) => asked.stdout.includes(` ${version}.`));
}

/** Measures the server's own tool on the same rows, for comparison. */
async function dumped(database: BenchDatabase, folder: string, ours: number): Promise<Row> {
  const what = "archive with proof / pg_dump -Fc";
  const file = join(folder, "rows.dump");
  try {
    const ms = await timed(() => shell(database, `pg_dump -Fc -t rows_to_archive -f "${file}"`));
    const { size } = await stat(file);
    return {
      what,
      ours: { value: ours, unit: "ms" },
      peer: { value: ms, unit: "ms" },
      ratio: ours / ms,
      note: mega(size),
    };
  } catch (error) {
    const reason = String((error as { readonly stderr?: string }).stderr ?? error)
      .trim()
      .split("\n")[0];
    return { what, note: `not measured: ${reason ?? "pg_dump failed"}` };
  }
}

async function differing(database: BenchDatabase): Promise<number> {
  return database.with("bench", async (client) => {
    const sum = "select count(*), sum(hashtextextended(t::text, 0)) from";
    const { rows } = await client.query<{ differ: number }>(
      `select count(*)::int as differ from (${sum} rows_to_archive t except all ${sum} rows_restored t) x`,
    );
    return rows[0]?.differ ?? -1;
  });
}

/** Inserts lines of a log, as an application writes them: ids, a time, a word, a sentence, a document. */
async function fill(client: Client, { quick, say }: BenchOptions): Promise<void> {
  const rows = quick ? 50_000 : 5_000_000;
  say(`filling a table with ${rows} rows`);
  await client.query(
    "create table rows_to_archive (id bigint, task_id uuid, company_id uuid, ts timestamptz not null, level text, msg text, meta jsonb)",
  );
  await client.query(
    `insert into rows_to_archive select i, md5((i % 50000)::text)::uuid, md5('c' || (i % 500))::uuid,
       '2024-01-01Z'::timestamptz + i::float / ${rows} * interval '365 days', (array['info', 'warn', 'error', 'debug'])[1 + i % 4],
       'step ' || i || ' finished with status ' || md5(i::text) || ' after ' || i % 977 || ' ms',
       jsonb_build_object('attempt', i % 5, 'host', 'node-' || i % 64, 'span', md5((i * 7)::text)) from generate_series(1, ${rows}) i`,
  );
  await client.query("vacuum analyze rows_to_archive");
  for (const name of ["rows_restored", "rows_loaded"])
    await client.query(`create table ${name} (like rows_to_archive)`);
}

/** Runs a script; the connection is in the environment because a command line is visible to all users. */
async function shell(database: BenchDatabase, script: string): Promise<void> {
  const url = new URL(database.url);
  const env = {
    ...process.env,
    PGHOST: url.hostname,
    PGPORT: url.port,
    PGUSER: url.username,
    PGPASSWORD: url.password,
    PGDATABASE: database.name,
    PGTZ: "UTC",
  };
  await promisify(execFile)("bash", ["-o", "pipefail", "-c", script], { env });
}

function mega(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(0)} MB`;
}
