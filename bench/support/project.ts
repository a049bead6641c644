// A Pulumi project with one stack and its own file backend, run by the real CLI and engine.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PartitionedDatabaseArgs } from "../../components/partitioned-database";
import { type Engine, resolveEngine } from "../../tools/stand-ins/engine/resolve";
import { runPulumi } from "../../tools/stand-ins/engine/run";
import { projectFile } from "../../tools/project-file";
import { benchFolder, componentsFile, pluginFolder } from "./bundles";

export interface Project {
  /** Replaces the arguments that the program reads. */
  declare(args: object): void;
  /** Runs the CLI on the stack; throws with its output when it fails. */
  run(...args: readonly string[]): Promise<void>;
  /** `pulumi up` without the preview before it. */
  up(...args: readonly string[]): Promise<void>;
  remove(): void;
}

/** Arguments with a fixed and trusted clock, so that a bench that runs over midnight still plans for one moment. */
export type DatabaseArgs = Omit<PartitionedDatabaseArgs, "connection"> & {
  readonly connection: { readonly url: string };
};

/** Declares one PartitionedDatabase. */
export function partitionedProject(args: DatabaseArgs, signal: AbortSignal): Promise<Project> {
  return startProject(args, signal, [
    `const { PartitionedDatabase } = require(${JSON.stringify(componentsFile)});`,
    `new PartitionedDatabase("bench", require("./args.json"));`,
  ]);
}

/** Declares as many components as requested, which do nothing: the cost of the engine and the language host alone. */
export function trivialProject(count: number, signal: AbortSignal): Promise<Project> {
  return startProject({ count }, signal, [
    `const { ComponentResource } = require("@pulumi/pulumi");`,
    `const parent = new ComponentResource("bench:index:Parent", "parent");`,
    `for (let i = 0; i < require("./args.json").count; i += 1) new ComponentResource("bench:index:Trivial", "trivial-" + i, {}, { parent });`,
  ]);
}

const stack = "bench";

/** Starts plain JavaScript on both sides: no time is spent on compiling a program. */
async function startProject(args: object, signal: AbortSignal, program: readonly string[]): Promise<Project> {
  const engine: Engine = await resolveEngine();
  const folder = mkdtempSync(join(benchFolder, "project-"));
  const state = join(folder, "state");
  mkdirSync(state);
  const declare = (next: object): void => writeFileSync(join(folder, "args.json"), JSON.stringify(next));
  declare(args);
  writeFileSync(join(folder, "index.js"), `${program.join("\n")}\n`);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "bench", main: "index.js" }));
  writeFileSync(join(folder, "Pulumi.yaml"), projectFile("bench", { pgpartition: pluginFolder }));
  const env = {
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "bench",
    PULUMI_HOME: join(folder, "home"),
  };
  const run = async (...words: readonly string[]): Promise<void> => {
    const { code, stdout, stderr } = await runPulumi([...words, "--stack", stack], {
      cwd: folder,
      env,
      engine,
      signal,
    });
    signal.throwIfAborted();
    if (code !== 0)
      throw new Error(
        `pulumi ${words.join(" ")} ended with ${String(code)}:\n${stdout.slice(-4_000)}\n${stderr.slice(-4_000)}`,
      );
  };
  await runPulumi(["stack", "init", stack], { cwd: folder, env, engine, signal });
  return {
    declare,
    run,
    up: (...words) => run("up", "--yes", "--skip-preview", "--suppress-progress", ...words),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
