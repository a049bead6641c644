// Runs the programs of the README in the real CLI, engine, plugin and PostgreSQL, and takes the first's `pulumi preview`.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withClient } from "../dev/client";
import type { Connection } from "../dev/connection";
import { startDev } from "../dev/session";
import { resolveEngine } from "../stand-ins/engine/resolve";
import { runPulumi } from "../stand-ins/engine/run";
import { repositoryRoot, workFolder } from "../paths";

/** Long past, so that the database's clock never decides, and the sample is the same in every year. */
const FIRST = "2025-06-15T12:00:00Z";
const A_MONTH_LATER = "2025-07-15T12:00:00Z";

/** What the README shows of its program. */
interface Samples {
  /** The plan of the first preview, without Pulumi's own rows. */
  readonly first: string;
  /** The preview of the second month: the table exists and has rows, the program is unchanged. */
  readonly sample: string;
}

export function runQuickstart(): Promise<Samples> {
  return withExample("quickstart", previewTwice);
}

/** An example that runs: the CLI in its folder, and SQL in the database that it manages. */
interface RunningExample {
  /** Returns the output of the CLI; throws if it fails. */
  pulumi(...args: readonly string[]): Promise<string>;
  sql(text: string): Promise<void>;
}

/** Runs a copy of an example as a separate stack, on a separate database. */
export async function withExample<T>(name: string, body: (example: RunningExample) => Promise<T>): Promise<T> {
  mkdirSync(workFolder, { recursive: true });
  // At the same depth in the repository as the example, so that its relative imports and paths work.
  const folder = mkdtempSync(join(workFolder, "sample-"));
  const dev = await startDev({ throwAway: true, file: join(folder, "connection.json") });
  try {
    cpSync(join(repositoryRoot, "examples", name), folder, { recursive: true });
    const pulumi = await pulumiIn(folder, dev.connection);
    await pulumi("stack", "init", "dev");
    return await body({
      pulumi,
      sql: async (text) => void (await withClient(dev.connection, "sample", (client) => client.query(text))),
    });
  } finally {
    await dev.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function previewTwice({ pulumi, sql }: RunningExample): Promise<Samples> {
  await pulumi("config", "set", "pgpartition:asOf", FIRST);
  const first = selectPlan(await pulumi("preview", "--suppress-progress"));
  await pulumi("up", "--yes", "--skip-preview");
  // Evenly over thirteen months, so that the expired one is not empty.
  await sql(
    `insert into public.events (at, payload)
     select timestamptz '2024-06-01 00:00+00' + i * interval '10 minutes', '{}' from generate_series(0, 54000) i`,
  );
  await sql("analyze public.events");
  await pulumi("config", "set", "pgpartition:asOf", A_MONTH_LATER);
  return { first, sample: tidy(await pulumi("preview", "--suppress-progress")) };
}

async function pulumiIn(
  folder: string,
  connection: Connection,
): Promise<(...args: readonly string[]) => Promise<string>> {
  const engine = await resolveEngine();
  const state = join(folder, "state");
  mkdirSync(state);
  const env = {
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "sample",
    PULUMI_HOME: join(folder, "home"),
    PGHOST: connection.host,
    PGPORT: String(connection.port),
    PGDATABASE: connection.database,
    PGUSER: connection.user,
    PGPASSWORD: connection.password,
  };
  return async (...args) => {
    const result = await runPulumi(args, { cwd: folder, env, engine });
    if (result.code !== 0)
      throw new Error(`pulumi ${args.join(" ")} failed (${result.code})\n${result.stdout}${result.stderr}`);
    return result.stdout;
  };
}

/** Returns what is printed under the stack. */
function selectPlan(output: string): string {
  const [, plan = ""] = /^( +pulumi:pulumi:Stack \(\S+\):\n(?:.+\n)+)/m.exec(output) ?? [];
  return tidy(`Diagnostics:\n${plan}`);
}

/** Removes trailing blanks only: every other character is the CLI's. */
function tidy(output: string): string {
  return output
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .trim();
}
