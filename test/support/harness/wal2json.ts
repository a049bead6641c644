// wal2json, the output plugin that Supabase Realtime reads, as Debian packs it for PostgreSQL 15: only unpacked, never installed.
import { chmodSync, copyFileSync, existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { notToBeHad, unpacked } from "../../../tools/postgres/debian-package";

const debianPackage = "postgresql-15-wal2json";
const library = "usr/lib/postgresql/15/lib/wal2json.so";

/**
 * A folder for dynamic_library_path, readable by the server's account and to be removed by the caller; or why there is none.
 * The embedded server of the same major version loads Debian's library.
 */
export async function wal2jsonFolder(): Promise<{ readonly folder: string } | { readonly reason: string }> {
  let file = join("/", library);
  try {
    if (!existsSync(file)) file = join(await unpacked(debianPackage, library), library);
  } catch (error) {
    return { reason: notToBeHad(debianPackage, error) };
  }
  if (!existsSync(file)) return { reason: `${debianPackage} holds no ${library}` };
  const folder = mkdtempSync(join(tmpdir(), "wal2json-"));
  chmodSync(folder, 0o755);
  copyFileSync(file, join(folder, "wal2json.so"));
  chmodSync(join(folder, "wal2json.so"), 0o644);
  return { folder };
}
