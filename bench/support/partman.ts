// pg_partman 4.7 as packaged by Debian. It is SQL only, so its script runs on the embedded server as CREATE EXTENSION would.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { workFolder } from "../../tools/paths";

const VERSION = "4.7.2";
export const PARTMAN = `pg_partman ${VERSION}`;

const debianPackage = "postgresql-15-partman";
const script = `usr/share/postgresql/15/extension/pg_partman--${VERSION}.sql`;

/** Returns its SQL for schema `partman`, or why it is not available. Nothing is installed: the package is only unpacked. */
export async function partmanScript(): Promise<{ readonly sql: string } | { readonly reason: string }> {
  const folder = join(workFolder, "partman");
  const found = (): string | undefined => [join("/", script), join(folder, script)].find((file) => existsSync(file));
  try {
    if (found() === undefined) await unpack(folder);
  } catch (error) {
    return {
      reason: `apt-get download ${debianPackage}: ${error instanceof Error ? error.message.split("\n").slice(0, 2).join(" ") : String(error)}`,
    };
  }
  const file = found();
  return file === undefined
    ? { reason: `${debianPackage} is not version ${VERSION}` }
    : { sql: adapt(readFileSync(file, "utf8")) };
}

async function unpack(folder: string): Promise<void> {
  const run = promisify(execFile);
  mkdirSync(folder, { recursive: true });
  await run("apt-get", ["download", debianPackage], { cwd: folder });
  const name = readdirSync(folder).find((entry) => entry.startsWith(debianPackage) && entry.endsWith(".deb"));
  if (name !== undefined) await run("dpkg-deb", ["--extract", name, "."], { cwd: folder });
}

/** Adapts the script as CREATE EXTENSION does, without the parts that only an extension may run. */
function adapt(text: string): string {
  const body = text
    .replace(/^\\echo.*$/gm, "")
    .replace(/^SELECT pg_catalog\.pg_extension_config_dump\(.*$/gm, "")
    .replaceAll("@extschema@", "partman");
  return `create schema partman; set search_path = partman; ${body}; set search_path = public`;
}
