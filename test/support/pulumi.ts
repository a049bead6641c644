// A Pulumi project in a folder of its own, with its own file backend, run by the real CLI.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";
import { type RunOptions, type RunResult, runPulumi } from "../../tools/stand-ins/engine/run";
import { workFolder } from "../../tools/paths";
import { quickStart } from "./harness/bundle";

export interface PulumiProject {
  readonly folder: string;
  /** Replaces or adds files, by path inside the folder. */
  write(files: Readonly<Record<string, string>>): void;
  /** `run("up", "--yes")`; fails only where the CLI cannot be started. */
  run(...args: readonly string[]): Promise<RunResult>;
  runWith(options: RunOptions, ...args: readonly string[]): Promise<RunResult>;
  /** Environment of the runs, for a CLI that the test starts itself. */
  readonly env: NodeJS.ProcessEnv;
}

/** The folder lies inside the repository, so that programs find its node_modules. It goes when the file is done. */
export function withProject(files: Readonly<Record<string, string>>): PulumiProject {
  mkdirSync(workFolder, { recursive: true });
  const folder = mkdtempSync(join(workFolder, "test-"));
  const state = join(folder, ".state");
  mkdirSync(state);
  const env = {
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_HOME: join(folder, ".home"),
    NODE_OPTIONS: `--require ${JSON.stringify(quickStart)}`,
  };
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const write: PulumiProject["write"] = (more) => {
    for (const [path, text] of Object.entries(more)) writeFileSync(join(folder, path), text);
  };
  const runWith: PulumiProject["runWith"] = (options, ...args) =>
    runPulumi(args, { cwd: folder, ...options, env: { ...env, ...options.env } });
  write(files);
  return { folder, write, run: (...args) => runWith({}, ...args), runWith, env };
}
