// A small Pulumi program of the components, run by the real engine: by a plugin and a language host that are there already, or by
// processes of its own, with fault points.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import type { RunOptions, RunResult } from "../../../tools/stand-ins/engine/run";
import { projectFile } from "../../../tools/project-file";
import type { TestDatabase } from "../database";
import { testPluginFolder } from "./bundle";
import { requestedStarts } from "../servers";
import { askHost } from "./hosts";
import { componentsFile } from "./packed";
import { type PulumiProject, withProject } from "../pulumi";

/** What the program declares; it reads this from a file, so that a run can change it. */
export interface EngineDeclaration {
  readonly tables: Readonly<Record<string, TableSpecArgs>>;
  readonly asOf: string;
  /** Further arguments of PartitionedDatabase. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** JavaScript that runs before the database is made; `opts` are its options and `args` its arguments. */
  readonly before?: string;
}

export interface EngineProgram {
  readonly project: PulumiProject;
  declare(declaration: EngineDeclaration): void;
  /** The CLI on the stack `test`, which the first call makes. */
  run(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** The state as it is on disk, decrypted by nobody. */
  state(): Promise<StackState>;
}

interface StackState {
  readonly version: number;
  readonly deployment: {
    readonly resources?: readonly { readonly urn: string; readonly type: string; readonly outputs?: unknown }[];
    readonly pending_operations?: readonly { readonly type: string }[];
  };
}

interface ProgramOptions {
  /** Added to the connection that the program declares; asked when a declaration is written. */
  readonly connection?: () => object;
  /** Folder of the plugin where a run starts one; the one with fault points by default. */
  readonly pluginFolder?: string;
  /**
   * For tests about processes and their command lines. Without it, a run has them where its environment has more than what
   * `HANDED_OVER` names, with PGPARTITION_TEST_STARTS=own and in `npm run test:all`.
   */
  readonly ownProcesses?: boolean;
}

/** Of the project. */
const NAME = "faults";

/** Commands that start a plugin. */
const STARTING = new Set(["preview", "up", "refresh", "destroy", "import"]);

/** Variables that a run needs no processes of its own for: they are the engine's, or travel as a request. */
const HANDED_OVER = new Set(["PULUMI_SKIP_CHECKPOINTS", "PULUMI_DEBUG_GRPC", "PGPARTITION_PLAN_FILE"]);

/**
 * The password travels as a secret of the stack's configuration. The program is JavaScript and loads the components as one file:
 * compiling them from TypeScript at each start takes 4 seconds, which the engine then spends on every preview and update.
 */
export function withProgram(database: TestDatabase, options: ProgramOptions = {}): EngineProgram {
  const { connection = () => ({}), pluginFolder = testPluginFolder, ownProcesses = false } = options;
  const project = withProject({
    "Pulumi.yaml": projectFile(NAME, { pgpartition: pluginFolder }),
    "package.json": JSON.stringify({ name: NAME, main: "index.js" }),
  });
  let made: Promise<void> | undefined;
  const run: EngineProgram["run"] = async (args, runOptions = {}) => {
    made ??= makeStack(project, database);
    await made;
    const start = (more: RunOptions): Promise<RunResult> => project.runWith(more, ...args, "--stack", "test");
    const isAttached =
      STARTING.has(args[0] ?? "") &&
      !ownProcesses &&
      requestedStarts() === "shared" &&
      Object.keys(runOptions.env ?? {}).every((name) => HANDED_OVER.has(name));
    return isAttached ? attached(runOptions, start) : start(runOptions);
  };
  return {
    project,
    declare: (declaration) => write(project, declaration, { ...addressOf(database), ...connection() }),
    run,
    state: () => Promise.resolve(readState(project)),
  };
}

/** Runs the engine with a plugin and a language host of its own in the process of this worker that serves them. */
async function attached(options: RunOptions, start: (options: RunOptions) => Promise<RunResult>): Promise<RunResult> {
  const planFile = options.env?.["PGPARTITION_PLAN_FILE"];
  const plugin = await askHost({ plugin: planFile === undefined ? {} : { planFile } });
  const language = await askHost({ language: "nodejs" });
  const env = {
    PULUMI_DEBUG_PROVIDERS: `pgpartition:${String(plugin)}`,
    PULUMI_DEBUG_LANGUAGES: `nodejs:${String(language)}`,
  };
  try {
    return await start({ ...options, env: { ...options.env, ...env } });
  } finally {
    for (const port of [language, plugin]) await askHost({ close: port });
  }
}

function readState(project: PulumiProject): StackState {
  const file = join(project.folder, ".state", ".pulumi", "stacks", NAME, "test.json");
  const { version, checkpoint } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly version: number;
    readonly checkpoint: { readonly latest?: StackState["deployment"] };
  };
  return { version, deployment: checkpoint.latest ?? {} };
}

/** Output of a run as people see it. */
export function said(result: RunResult): string {
  return `${result.stdout}\n${result.stderr}`;
}

async function makeStack(project: PulumiProject, database: TestDatabase): Promise<void> {
  for (const args of [
    ["stack", "init", "test"],
    ["config", "set", "--secret", "password", database.password, "--stack", "test"],
  ]) {
    const result = await project.run(...args);
    if (result.code !== 0) throw new Error(said(result));
  }
}

function write(project: PulumiProject, declaration: EngineDeclaration, connection: object): void {
  writeFileSync(join(project.folder, "declared.json"), JSON.stringify({ ...declaration, connection }));
  project.write({
    "index.js": `
const pulumi = require("@pulumi/pulumi");
const { PartitionedDatabase } = require(${JSON.stringify(componentsFile)});
const { tables, asOf, more, connection } = require("./declared.json");
const password = new pulumi.Config().requireSecret("password");
const opts = {};
let args = { connection: { password, ...connection }, trustAsOf: true, asOf, tables, ...more };
${declaration.before ?? ""}
if (args) new PartitionedDatabase("db", args, opts);
`,
  });
}

function addressOf({ host, port, user, database }: TestDatabase): object {
  return { host, port, user, database, sslMode: "disable" };
}
