// The command line as a user starts it: cli/bin/pgpartition, which runs dist/cli.cjs.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { repositoryRoot } from "../../tools/paths";

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Added to a bare environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Given the process as it starts. */
  readonly started?: (pid: number) => void;
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
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

/** On a database, whose URL travels by the environment. */
export function onDatabase(database: { readonly url: string }, ...args: readonly string[]): Promise<CliResult> {
  return pgpartition(args, { env: { DATABASE_URL: database.url } });
}
