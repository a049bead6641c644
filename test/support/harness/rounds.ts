// What most fault tests do: a run of a program by a plugin of its own.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePlanLines, renderRecords } from "../../../core/plan/report/plan-record";
import type { PropertyMap } from "../../../provider/runtime/values";
import type { TestDatabase } from "../database";
import type { Program } from "./declare";
import type { Deployment, Step } from "./deployment";
import { configOf } from "./fixture";
import { hostedPlugin, type Plugin, type PluginProcess, startPlugin } from "./plugin";

export interface RunOptions {
  readonly config?: PropertyMap;
  /** For a process of its own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Given the plugin as it starts to work; it is a process of its own then. */
  readonly started?: (plugin: PluginProcess) => void;
  /** File of the machine-readable plan. */
  readonly planFile?: string;
}

export interface Run {
  /** Throws if the run failed. */
  readonly steps: readonly Step[];
  readonly messages: readonly string[];
  /** Why it failed; undefined: it did not. */
  readonly error: string | undefined;
}

/** A plugin for one run, as the engine starts one for each operation. A test of the process gives it an environment or asks for it. */
export async function withPlugin<T>(
  database: Pick<TestDatabase, "url">,
  program: Pick<Program, "asOf">,
  body: (plugin: Plugin) => Promise<T>,
  options: RunOptions = {},
): Promise<{ readonly result: T; readonly messages: readonly string[] }> {
  const config = { ...configOf(database), asOf: program.asOf, ...options.config };
  const plugin = await pluginFor(config, options);
  try {
    const result = await body(plugin);
    return { result, messages: plugin.messages };
  } finally {
    await plugin.stop();
  }
}

async function pluginFor(config: PropertyMap, { env, started, planFile }: RunOptions): Promise<Plugin> {
  if (env === undefined && started === undefined) return hostedPlugin(config, planFile);
  const plugin = await startPlugin({ config, ...(env === undefined ? {} : { env }) });
  started?.(plugin);
  return plugin;
}

/** `pulumi up`; a failure is a result. */
export function up(
  database: Pick<TestDatabase, "url">,
  deployment: Deployment,
  program: Program,
  options: RunOptions = {},
): Promise<Run> {
  return attempt(database, program, (plugin) => deployment.up(plugin, program), options);
}

/** `pulumi preview`. */
export function preview(
  database: Pick<TestDatabase, "url">,
  deployment: Deployment,
  program: Program,
  options: RunOptions = {},
): Promise<Run> {
  return attempt(database, program, (plugin) => deployment.preview(plugin, program), options);
}

/** `pgpartition plan`: every change and every statement of a preview, as text. */
export async function planWhole(
  database: Pick<TestDatabase, "url">,
  deployment: Deployment,
  program: Program,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "pgpartition-test-plan-"));
  try {
    const planFile = join(folder, "plan.jsonl");
    const { error } = await preview(database, deployment, program, { planFile });
    if (error !== undefined) throw new Error(error);
    return existsSync(planFile) ? renderRecords(parsePlanLines(readFileSync(planFile, "utf8"))) : "";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `pulumi refresh`: names of what went or changed. */
export async function refresh(
  database: Pick<TestDatabase, "url">,
  deployment: Deployment,
  program: Pick<Program, "asOf">,
): Promise<string[]> {
  return (await withPlugin(database, program, (plugin) => deployment.refresh(plugin))).result;
}

async function attempt(
  database: Pick<TestDatabase, "url">,
  program: Program,
  body: (plugin: Plugin) => Promise<Step[]>,
  options: RunOptions,
): Promise<Run> {
  let error: string | undefined;
  const caught = (plugin: Plugin): Promise<Step[]> =>
    body(plugin).catch((reason: unknown) => {
      error = reason instanceof Error ? reason.message : String(reason);
      return [];
    });
  const { result, messages } = await withPlugin(database, program, caught, options);
  return {
    messages,
    error,
    // A run that failed has no steps: read as "nothing to do", its failure would go unseen.
    get steps() {
      if (error !== undefined) throw new Error(`the run failed: ${error}`);
      return result;
    },
  };
}

/** `create app.events_p2025_04` and so on, for a short comparison. */
export function named(steps: readonly Step[]): string[] {
  return steps.map((step) => `${step.op} ${step.name}`);
}
