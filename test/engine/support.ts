// The engine on a test's own database with the plugin that ships, where most runs must succeed.
import { vi } from "vitest";
import type { RunOptions, RunResult } from "../../tools/stand-ins/engine/run";
import type { TestDatabase } from "../support/database";
import { shippedPluginFolder } from "../support/harness/packed";
import { type EngineProgram, said, withProgram } from "../support/harness/program";

/** These tests read the state when a run is over, and kill no engine: it is written once a run and not after each resource. */
const SAVED_ONCE = { PULUMI_SKIP_CHECKPOINTS: "true" };

// Each start of the engine takes seconds, more on a busy machine, and a test has several.
vi.setConfig({ testTimeout: 300_000 });

interface EngineDatabase extends Pick<EngineProgram, "declare" | "state" | "project"> {
  /** Runs the CLI on the stack; fails the test when it fails. */
  pulumi(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Runs the CLI on the stack and wants it to fail. */
  refused(args: readonly string[]): Promise<RunResult>;
}

export function withEngine(database: TestDatabase): EngineDatabase {
  const program = withProgram(database, { pluginFolder: shippedPluginFolder });
  const run = async (args: readonly string[], succeeds: boolean, options?: RunOptions): Promise<RunResult> => {
    const result = await program.run(args, { ...options, env: { ...SAVED_ONCE, ...options?.env } });
    if ((result.code === 0) === succeeds) return result;
    throw new Error(`pulumi ${args.join(" ")} ended with ${String(result.code)}\n${said(result)}`);
  };
  return {
    project: program.project,
    declare: program.declare,
    state: program.state,
    pulumi: (args, options) => run(args, true, options),
    refused: (args) => run(args, false),
  };
}
