// `npm run pulumi -- <args>`: runs the resolved Pulumi CLI on this project, as if called directly.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { languageHostNote, pulumiEnvironment } from "./stand-ins/engine/environment";
import { resolveEngine } from "./stand-ins/engine/resolve";
import { repositoryRoot } from "./paths";

async function main(args: readonly string[]): Promise<number> {
  const engine = await resolveEngine();
  const note = languageHostNote(engine);
  if (note !== undefined) console.error(note);
  const child = spawn(engine.command, [...args], {
    cwd: repositoryRoot,
    env: pulumiEnvironment(engine),
    stdio: "inherit",
  });
  // A terminal sends Ctrl-C to the whole group, and a second SIGINT would make Pulumi give up its orderly stop.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.on("SIGHUP", () => child.kill("SIGHUP"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal === null ? 1 : constants.signals[signal])));
  });
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
