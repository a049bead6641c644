// The command line as a user starts it: cli/bin/pgpartition, which runs dist/cli.cjs.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { repositoryRoot } from "../../tools/paths";
import type { TestDatabase } from "../support/database";

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface CliOptions {
  /** Added to a bare environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Given the process as it starts. */
  readonly started?: (pid: number) => void;
  /** Given what it says meanwhile on its standard error. */
  readonly heard?: (text: string) => void;
}

/** `global-setup.ts` has built what it runs. */
export function pgpartition(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], ...options.env };
  const child = spawn(join(repositoryRoot, "cli", "bin", "pgpartition"), args, {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  options.started?.(child.pid ?? 0);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    options.heard?.(text);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

/** On a database, whose URL travels by the environment. */
export function onDatabase(database: { readonly url: string }, ...args: readonly string[]): Promise<CliResult> {
  return pgpartition(args, { env: { DATABASE_URL: database.url } });
}

/**
 * Runs what reads the server's clock again where an hour ended meanwhile: `asOf` is the hour that it saw, for the update that
 * follows, however long that takes.
 */
export async function withinOneHour<T>(
  database: Pick<TestDatabase, "query">,
  body: () => Promise<T>,
): Promise<{ readonly result: T; readonly asOf: string }> {
  const hour = async (): Promise<string> => {
    const [row] = await database.query<{ hour: string }>(
      `select to_char(date_trunc('hour', clock_timestamp() at time zone 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as hour`,
    );
    return row?.hour ?? "";
  };
  for (;;) {
    const asOf = await hour();
    const result = await body();
    if ((await hour()) === asOf) return { result, asOf };
  }
}
