// Creates a data folder, or prepares an existing one for another start.
import { spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Account } from "./account";

/** Superuser of every embedded server. */
export const superuser = "postgres";

interface Cluster {
  /** Folder of initdb, the server and the log of both. */
  readonly bin: string;
  readonly dataDir: string;
  readonly account: Account | undefined;
  readonly password: string;
}

/** Creates a folder, under the system's temporary one by default, owned by the account. */
export function temporaryFolder(account: Account | undefined, inside = tmpdir()): string {
  const folder = mkdtempSync(join(inside, "pgpartition-postgres-"));
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  return folder;
}

export async function prepare(cluster: Cluster): Promise<void> {
  if (existsSync(join(cluster.dataDir, "PG_VERSION"))) await setPassword(cluster);
  else await initialise(cluster);
}

async function initialise({ bin, dataDir, account, password }: Cluster): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (account !== undefined) chownSync(dataDir, account.uid, account.gid);
  const secret = temporaryFolder(account);
  try {
    const passwordFile = join(secret, "password");
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (account !== undefined) chownSync(passwordFile, account.uid, account.gid);
    await run(
      join(bin, "initdb"),
      [
        `--pgdata=${dataDir}`,
        `--username=${superuser}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
      ],
      account,
    );
  } finally {
    rmSync(secret, { recursive: true, force: true });
  }
}

/** Sets the password: a kept folder has only that of its last run; the single-user mode requires none. */
async function setPassword({ bin, dataDir, account, password }: Cluster): Promise<void> {
  await run(
    join(bin, "postgres"),
    ["--single", "-D", dataDir, "postgres"],
    account,
    `alter user ${superuser} password '${password}';\n`,
  );
}

function run(command: string, args: readonly string[], account: Account | undefined, input = ""): Promise<void> {
  const child = spawn(command, [...args], { ...account, cwd: "/", env: serverEnvironment() });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => (output += text));
  }
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} failed:\n${output.trim()}`));
    });
  });
}

/** Returns an environment without the caller's PG* variables and locale. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" };
}
