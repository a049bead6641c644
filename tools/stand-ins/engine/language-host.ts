// Finds the Node language host that an engine will use, and installs ours for it.
import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { repositoryRoot } from "../../paths";
import { findExecutable, isExecutable } from "./executables";

/**
 * official: Pulumi's own, next to the engine or on PATH.
 * beside: our host, by a link script next to an engine that we built.
 * path: our host, by a folder at the end of PATH; the engine then prints a warning about it in every operation.
 */
export type LanguageHost = "official" | "beside" | "path";

const fileName = "pulumi-language-nodejs";

/** Names the clone whose host is to run, because one cached engine serves all clones. */
export const languageHostVariable = "PGPARTITION_LANGUAGE_HOST";

export const ourLanguageHost = join(repositoryRoot, "tools", "stand-ins", "language-host", "bin", fileName);

export function languageHostOf(command: string, env: NodeJS.ProcessEnv): LanguageHost {
  const beside = join(dirname(command), fileName);
  if (isExecutable(beside)) return isLink(beside) ? "beside" : "official";
  return findExecutable(fileName, env["PATH"]) === undefined ? "path" : "official";
}

/** Writes the link script next to an engine built here, which then uses it as the host that it came with. */
export function linkLanguageHost(bin: string): void {
  const file = join(bin, fileName);
  if (isExecutable(file)) return;
  const temporary = `${file}.${String(process.pid)}`;
  writeFileSync(
    temporary,
    [
      "#!/bin/sh",
      "# Written by pulumi-pgpartition (tools/stand-ins/engine): hands over to the language host of the clone that runs the engine.",
      `exec "\${${languageHostVariable}:?is not set: run \\"npm run pulumi -- ...\\" of pulumi-pgpartition}" "$@"`,
      "",
    ].join("\n"),
  );
  chmodSync(temporary, 0o755);
  renameSync(temporary, file);
}

/** Returns true for the link script above; the official host is a binary of 50 MB or more. */
function isLink(file: string): boolean {
  return readFileSync(file).subarray(0, 1_000).includes(languageHostVariable);
}
