// A small Pulumi program of the components, run by the real engine against the plugin with fault points.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import type { RunOptions, RunResult } from "../../../tools/stand-ins/engine/run";
import { projectFile } from "../../../tools/project-file";
import type { TestDatabase } from "../database";
import { testPluginFolder } from "./bundle";
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
  readonly deployment: {
    readonly resources?: readonly { readonly urn: string; readonly type: string; readonly outputs?: unknown }[];
    readonly pending_operations?: readonly { readonly type: string }[];
  };
}

interface ProgramOptions {
  /** Added to the connection that the program declares; asked when a declaration is written. */
  readonly connection?: () => object;
  /** Folder of the plugin; the one with fault points by default. */
  readonly pluginFolder?: string;
}

/**
 * The password travels as a secret of the stack's configuration. The program is JavaScript and loads the components as one file:
 * compiling them from TypeScript at each start takes 4 seconds, which the engine then spends on every preview and update.
 */
export function withProgram(database: TestDatabase, options: ProgramOptions = {}): EngineProgram {
  const { connection = () => ({}), pluginFolder = testPluginFolder } = options;
  const project = withProject({
    "Pulumi.yaml": projectFile("faults", { pgpartition: pluginFolder }),
    "package.json": JSON.stringify({ name: "faults", main: "index.js" }),
  });
  let made: Promise<void> | undefined;
  const run: EngineProgram["run"] = async (args, runOptions = {}) => {
    made ??= makeStack(project, database);
    await made;
    return project.runWith(runOptions, ...args, "--stack", "test");
  };
  return {
    project,
    declare: (declaration) => write(project, declaration, { ...addressOf(database), ...connection() }),
    run,
    state: async () => JSON.parse((await run(["stack", "export"])).stdout) as StackState,
  };
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
