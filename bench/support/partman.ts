// pg_partman 4.7 as packaged by Debian. It is SQL only, so its script runs on the embedded server as CREATE EXTENSION would.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { notToBeHad, unpacked } from "../../tools/postgres/debian-package";

const VERSION = "4.7.2";
export const PARTMAN = `pg_partman ${VERSION}`;

const debianPackage = "postgresql-15-partman";
const script = `usr/share/postgresql/15/extension/pg_partman--${VERSION}.sql`;

/** Returns its SQL for schema `partman`, or why it is not available. Nothing is installed: the package is only unpacked. */
export async function partmanScript(): Promise<{ readonly sql: string } | { readonly reason: string }> {
  try {
    const file = join("/", script);
    const found = existsSync(file) ? file : join(await unpacked(debianPackage, script), script);
    return existsSync(found)
      ? { sql: adapt(readFileSync(found, "utf8")) }
      : { reason: `${debianPackage} is not version ${VERSION}` };
  } catch (error) {
    return { reason: notToBeHad(debianPackage, error) };
  }
}

/** Adapts the script as CREATE EXTENSION does, without the parts that only an extension may run. */
function adapt(text: string): string {
  const body = text
    .replace(/^\\echo.*$/gm, "")
    .replace(/^SELECT pg_catalog\.pg_extension_config_dump\(.*$/gm, "")
    .replaceAll("@extschema@", "partman");
  return `create schema partman; set search_path = partman; ${body}; set search_path = public`;
}
