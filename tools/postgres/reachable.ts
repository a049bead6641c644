// Makes the binaries executable for the account: a clone under /root cannot be entered by another user.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Account } from "./account";
import type { Binaries } from "./binaries";

/** Folder of the copy that root needs; only root may write here, so no other user can replace a program. */
const systemCache = "/var/cache/pulumi-pgpartition/postgres";

/** Returns the folder to run from: the given one, or a copy of it that the account can enter. */
export function reachable(binaries: Binaries, account: Account | undefined): string {
  if (account === undefined || runs(binaries.folder, account)) return binaries.folder;
  const copy = join(systemCache, `${binaries.release}-${process.arch}`);
  if (!existsSync(copy)) copyTo(binaries.folder, copy);
  if (runs(copy, account)) return copy;
  throw new Error(
    `user ${String(account.uid)} can run PostgreSQL neither from "${binaries.folder}" nor from "${copy}"`,
  );
}

/** Returns a folder for data that is kept: the given one, or another one if the account cannot enter it. */
export function reachableDataFolder(wished: string, account: Account | undefined): string {
  mkdirSync(wished, { recursive: true, mode: 0o755 });
  if (account === undefined || canEnter(wished, account)) return wished;
  const folder = join(
    "/var/cache/pulumi-pgpartition/data",
    createHash("sha256").update(wished).digest("hex").slice(0, 16),
  );
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return folder;
}

function canEnter(folder: string, account: Account): boolean {
  return spawnSync("test", ["-x", folder], { ...account, cwd: "/" }).status === 0;
}

/** Tries it, which covers modes, ACLs, mounts without exec and security modules alike. */
function runs(folder: string, account: Account): boolean {
  return spawnSync(join(folder, "bin", "postgres"), ["--version"], { ...account, cwd: "/" }).status === 0;
}

/** Renames the copy when complete, so that an interrupted one is never used. */
function copyTo(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
  const temporary = mkdtempSync(`${target}.partial-`);
  try {
    cpSync(source, temporary, { recursive: true, verbatimSymlinks: true });
    spawnSync("chmod", ["-R", "a+rX", temporary]);
    chmodSync(temporary, 0o755);
    if (!existsSync(target)) renameSync(temporary, target);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
