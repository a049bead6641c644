// The demo's environment: a database, a state backend and a stack, all in one temporary folder.
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Temporal } from "temporal-polyfill";
import { type Connection, writeConnection } from "../dev/connection";
import { startDev } from "../dev/session";
import { languageHostNote } from "../stand-ins/engine/environment";
import { resolveEngine } from "../stand-ins/engine/resolve";
import { runPulumi } from "../stand-ins/engine/run";
import { repositoryRoot } from "../paths";
import { selectReadable } from "./readable";
import { say } from "./text";

export interface Demo {
  readonly connection: Connection;
  /** The simulated moment. */
  readonly now: Temporal.Instant;
  /** Flags that run the dev stack's policy pack. */
  readonly policies: readonly string[];
  /** Runs the CLI and shows its output; throws when it fails. */
  pulumi(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<void>;
  /** Runs the CLI; throws unless it fails. */
  expectRefusal(args: readonly string[]): Promise<void>;
  moveClock(by: Temporal.DurationLike): Promise<void>;
  cutRetention(): Promise<void>;
  /** Makes the table archive from the next update on; its retention is unchanged. */
  archiveInto(table: string, settings: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

const stack = "dev";

/** @param verbose true to show all output of the CLI as it comes; else what a person reads of it, when a command has ended */
export async function startDemo(folder: string, verbose: boolean): Promise<Demo> {
  const engine = await resolveEngine();
  const note = languageHostNote(engine);
  if (note !== undefined) console.log(note);
  const project = copyProject(folder);
  const dev = await startDev({ throwAway: true, file: join(project, ".pgpartition", "dev.json") });
  writeConnection(dev.connection, join(project, ".pgpartition", "dev.json"));
  const state = join(folder, "state");
  mkdirSync(state);
  const env = {
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "demo",
    PULUMI_HOME: join(folder, "home"),
  };
  const seen = new Set<string>();
  const run = async (args: readonly string[], quiet = false, more: Readonly<Record<string, string>> = {}) => {
    const result = await runPulumi(args, {
      cwd: project,
      env: { ...env, ...more },
      engine,
      ...(quiet || !verbose ? {} : { onOutput: (text: string) => process.stdout.write(text) }),
    });
    if (!quiet && !verbose) for (const line of selectReadable(result.stdout + result.stderr, seen)) say(line);
    return result;
  };
  const must = async (
    args: readonly string[],
    quiet = false,
    more: Readonly<Record<string, string>> = {},
  ): Promise<void> => {
    const result = await run(args, quiet, more);
    if (result.code !== 0)
      throw new Error(
        `pulumi ${args.join(" ")} failed with exit code ${result.code}\n${quiet ? result.stdout + result.stderr : ""}`,
      );
  };
  let now = Temporal.Now.instant();
  const setClock = async (): Promise<void> => {
    await must(["config", "set", "pgpartition:asOf", now.toString({ smallestUnit: "second" }), "--stack", stack], true);
    await must(["config", "set", "trustAsOf", "true", "--stack", stack], true);
  };
  try {
    await must(["stack", "init", stack], true);
    await setClock();
  } catch (error) {
    await dev.stop();
    throw error;
  }
  return {
    connection: dev.connection,
    get now() {
      return now;
    },
    policies: policyFlags(),
    pulumi: (args, more) => must([...args, "--stack", stack, "--suppress-progress"], false, more),
    expectRefusal: async (args) => {
      const result = await run([...args, "--stack", stack, "--suppress-progress"]);
      if (result.code === 0) throw new Error(`pulumi ${args.join(" ")} was expected to be refused`);
      console.log(`  (refused, exit code ${result.code}: nothing was changed)`);
    },
    moveClock: async (by) => {
      now = now.toZonedDateTimeISO("UTC").add(by).toInstant();
      await setClock();
    },
    cutRetention: async () => {
      await must(["config", "set", "--path", "tables.audit_logs.window.retention", "1 month", "--stack", stack], true);
    },
    archiveInto: async (table, settings) => {
      const values = { "window.retention": "12 months", onExpire: "archive", grace: "none", ...prefixed(settings) };
      for (const [path, value] of Object.entries(values))
        await must(["config", "set", "--path", `tables.${table}.${path}`, value, "--stack", stack], true);
    },
    stop: () => dev.stop(),
  };
}

function prefixed(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [`archive.${name}`, value]));
}

/** Copies the program, because the demo changes stack configuration; the code itself is the repository's. */
function copyProject(folder: string): string {
  const project = join(folder, "project");
  mkdirSync(join(project, ".pgpartition"), { recursive: true });
  for (const name of ["Pulumi.yaml", "package.json", "tsconfig.json", "stacks"])
    cpSync(join(repositoryRoot, name), join(project, name), { recursive: true });
  for (const name of ["core", "components", "policies", "tools", "dist", "node_modules"])
    symlinkSync(join(repositoryRoot, name), join(project, name));
  return project;
}

/** The pack is its bundle, whose start takes a second less than that of one that is type-checked. */
function policyFlags(): readonly string[] {
  const pack = join(repositoryRoot, "policies");
  return ["--policy-pack", pack, "--policy-pack-config", join(pack, "config", "dev.json")];
}
