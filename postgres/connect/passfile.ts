import { existsSync, readFileSync, statSync } from "node:fs";
import type { Target } from "./target";

/**
 * Returns the password of a target from a password file, by libpq's rules: the first line that matches wins, `*` matches all, and
 * a file that others may read is ignored (https://www.postgresql.org/docs/current/libpq-pgpass.html).
 */
export function passwordFromFile(target: Target): string | undefined {
  if (!isPrivateFile(target.passFile)) return undefined;
  const wanted = [target.host, String(target.port), target.database, target.user];
  for (const line of readFileSync(target.passFile, "utf8").split(/\r?\n/)) {
    if (line.startsWith("#")) continue;
    const fields = splitLine(line);
    const password = fields[4];
    if (password === undefined) continue;
    if (wanted.every((value, index) => fields[index] === "*" || fields[index] === value)) return password;
  }
  return undefined;
}

/** Returns true for a file without rights for others; Windows has no such modes, so they are not checked there. */
function isPrivateFile(path: string): boolean {
  if (!existsSync(path)) return false;
  const status = statSync(path);
  return status.isFile() && (process.platform === "win32" || (status.mode & 0o077) === 0);
}

/** Splits at colons; a backslash escapes the next character. */
function splitLine(line: string): string[] {
  const fields = [""];
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index);
    if (character === ":" && fields.length < 5) fields.push("");
    else if (character === "\\" && index + 1 < line.length) fields.push(`${fields.pop() ?? ""}${line.charAt(++index)}`);
    else fields.push(`${fields.pop() ?? ""}${character}`);
  }
  return fields;
}
