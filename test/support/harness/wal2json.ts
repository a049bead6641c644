// wal2json, the output plugin that Supabase Realtime reads, as Debian packs it for PostgreSQL 15: only unpacked, never installed.
import { execFile } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { workFolder } from "../../../tools/paths";

const debianPackage = "postgresql-15-wal2json";
const library = "usr/lib/postgresql/15/lib/wal2json.so";

/**
 * A folder for dynamic_library_path, readable by the server's account and to be removed by the caller; or why there is none.
 * The embedded server of the same major version loads Debian's library.
 */
export async function wal2jsonFolder(): Promise<{ readonly folder: string } | { readonly reason: string }> {
  const unpacked = join(workFolder, "wal2json");
  const found = (): string | undefined =>
    [join("/", library), join(unpacked, library)].find((file) => existsSync(file));
  try {
    if (found() === undefined) await unpack(unpacked);
  } catch (error) {
    const message = error instanceof Error ? error.message.split("\n").slice(0, 2).join(" ") : String(error);
    return { reason: `apt-get download ${debianPackage}: ${message}` };
  }
  const file = found();
  if (file === undefined) return { reason: `${debianPackage} holds no ${library}` };
  const folder = mkdtempSync(join(tmpdir(), "wal2json-"));
  chmodSync(folder, 0o755);
  copyFileSync(file, join(folder, "wal2json.so"));
  chmodSync(join(folder, "wal2json.so"), 0o644);
  return { folder };
}

async function unpack(folder: string): Promise<void> {
  const run = promisify(execFile);
  mkdirSync(folder, { recursive: true });
  await run("apt-get", ["download", debianPackage], { cwd: folder });
  const name = readdirSync(folder).find((entry) => entry.startsWith(debianPackage) && entry.endsWith(".deb"));
  if (name !== undefined) await run("dpkg-deb", ["--extract", name, "."], { cwd: folder });
}
