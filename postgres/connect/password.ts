import { exec } from "node:child_process";
import { ConnectionError } from "./connection-error";
import { passwordFromFile } from "./passfile";
import type { Environment, Target } from "./target";

/** Time for a command, which may query a vault. */
const COMMAND_TIMEOUT_MS = 30_000;

/**
 * Returns the password for a target: given directly, printed by the command, or from the password file. Undefined: none is known.
 */
export async function findPassword(target: Target, env: Environment): Promise<string | undefined> {
  if (target.password !== undefined) return target.password;
  if (target.passwordCommand !== undefined) return runCommand(target.passwordCommand, env);
  return passwordFromFile(target);
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
