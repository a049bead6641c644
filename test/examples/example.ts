// A program of examples/, as its text stands there, run by the real engine with the package that npm packs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { beforeAll, vi } from "vitest";
import { repositoryRoot } from "../../tools/paths";
import { projectFile } from "../../tools/project-file";
import type { TestDatabase } from "../support/database";
import { componentsFile, shippedPluginFolder } from "../support/harness/packed";
import { said } from "../support/harness/program";
import { withProject } from "../support/pulumi";

// Each start of the engine takes seconds, more on a busy machine, and a test has several.
vi.setConfig({ testTimeout: 300_000 });

interface Example {
  /** Runs the CLI on the stack `test`; fails the test when it fails. Returns what people see. */
  pulumi(...args: readonly string[]): Promise<string>;
  /** The same command, which has to fail. */
  refused(...args: readonly string[]): Promise<string>;
}

/** @param now the moment for which the program plans, as `pulumi config set pgpartition:asOf` has it */
export function withExample(name: string, database: TestDatabase, now: string): Example {
  const source = readFileSync(join(repositoryRoot, "examples", name, "index.ts"), "utf8");
  const { code } = transformSync(source.replace('"../../components"', JSON.stringify(componentsFile)), {
    loader: "ts",
    format: "cjs",
  });
  const project = withProject({
    "Pulumi.yaml": projectFile(name, { pgpartition: shippedPluginFolder }),
    "package.json": JSON.stringify({ name, main: "index.js" }),
    "index.js": code,
  });
  const run = async (args: readonly string[], succeeds: boolean): Promise<string> => {
    const env = {
      PGHOST: database.host,
      PGPORT: String(database.port),
      PGDATABASE: database.database,
      PGUSER: database.user,
      PGPASSWORD: database.password,
      PGSSLMODE: "disable",
    };
    const result = await project.runWith({ env }, ...args, "--stack", "test");
    if ((result.code === 0) !== succeeds) throw new Error(`pulumi ${args.join(" ")}\n${said(result)}`);
    return said(result);
  };
  beforeAll(async () => {
    await project.run("stack", "init", "test");
    await project.run("config", "set", "pgpartition:asOf", now, "--stack", "test");
  });
  return { pulumi: (...args) => run(args, true), refused: (...args) => run(args, false) };
}
