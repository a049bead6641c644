import { exec } from "node:child_process";
import { ConnectionError } from "./connection-error";
import type { Environment, Target } from "./target";
import { existsSync, readFileSync, statSync } from "node:fs";

/** Time for a command, which may query a vault. */
const COMMAND_TIMEOUT_MS = 30_000;

/**
 * Returns the password for a target: given directly, printed by the command, or from the password file. Undefined: none is known.
 */
export async function findPassword(target: Target, env: Environment): Promise<string | undefined> {
  if (target.password !== undefined) return target.password;
  if (target.passwordCommand !== undefined) return runCommand(target.passwordCommand, env);
  return readPasswordFromFile(target);
}

/** Runs the command. Neither its output nor its text is quoted: either may hold a secret. */
function runCommand(command: string, env: Environment): Promise<string> {
  return new Promise((resolve, reject) => {
    exec(command, { env: { ...env }, timeout: COMMAND_TIMEOUT_MS, encoding: "utf8" }, (error, stdout) => {
      const password = stdout.replace(/\r?\n$/, "");
      if (error) {
        const outcome = error.killed
          ? `was stopped after ${COMMAND_TIMEOUT_MS / 1000} s`
          : `ended with code ${error.code ?? "unknown"}`;
        reject(new ConnectionError("configuration", `passwordCommand ${outcome}. Run it by hand to see why.`));
      } else if (password === "") {
        reject(
          new ConnectionError(
            "configuration",
            "passwordCommand printed nothing. It has to print the password on one line.",
          ),
        );
      } else resolve(password);
    });
  });
}

/**
 * Returns the password of a target from a password file, by libpq's rules: the first line that matches wins, `*` matches all, and
 * a file that others may read is ignored (https://www.postgresql.org/docs/current/libpq-pgpass.html).
 */
export function readPasswordFromFile(target: Target): string | undefined {
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
