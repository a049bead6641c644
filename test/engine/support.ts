// A Pulumi project with one PartitionedDatabase on a test's own database, run by the real engine.
import { join } from "node:path";
import { vi } from "vitest";
import { repositoryRoot } from "../../tools/paths";
import type { TableSpecArgs } from "../../core/spec/args";
import type { RunResult } from "../../tools/engine/run";
import { projectFile } from "../../tools/project-file";
import type { TestDatabase } from "../support/database";
import { type PulumiProject, withProject } from "../support/pulumi";

// Each start of the engine takes seconds, more on a busy machine, and a test has several.
vi.setConfig({ testTimeout: 300_000 });

export interface EngineDatabase {
  readonly project: PulumiProject;
  /** Replaces what the program declares. */
  declare(declared: Declared): void;
  /** Runs the CLI on the stack; fails the test when it fails. */
  pulumi(args: readonly string[]): Promise<RunResult>;
  /** Runs the CLI on the stack and wants it to fail. */
  refused(args: readonly string[]): Promise<RunResult>;
}

export interface Declared {
  readonly tables: Readonly<Record<string, TableSpecArgs>>;
  readonly asOf: string;
  /** Further arguments of PartitionedDatabase. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** The clock of these programs is trusted: they say which month it is. */
export function withEngine(database: TestDatabase): EngineDatabase {
  const project = withProject({
    "Pulumi.yaml": projectFile("engine-test", { pgpartition: join(repositoryRoot, "tools", "plugin") }, "typescript"),
    "package.json": JSON.stringify({ name: "engine-test", main: "index.ts" }),
    "tsconfig.json": JSON.stringify({ extends: join(repositoryRoot, "tsconfig.json"), include: ["*.ts"] }),
  });
  let created = false;
  const run = async (args: readonly string[], expectation: "succeed" | "fail"): Promise<RunResult> => {
    if (!created) {
      const made = await project.run("stack", "init", "test");
      if (made.code !== 0) throw new Error(made.stderr);
      created = true;
    }
    const result = await project.run(...args, "--stack", "test");
    if ((result.code === 0) !== (expectation === "succeed")) {
      throw new Error(`pulumi ${args.join(" ")} ended with ${String(result.code)}\n${result.stdout}\n${result.stderr}`);
    }
    return result;
  };
  const declare: EngineDatabase["declare"] = ({ tables, asOf, more }) =>
    project.write({
      "index.ts": `
        import { PartitionedDatabase } from ${JSON.stringify(join(repositoryRoot, "components"))};
        const { password, ...connection } = ${JSON.stringify(connectionOf(database))};
        new PartitionedDatabase("db", {
          connection: { ...connection, password },
          trustAsOf: true,
          asOf: ${JSON.stringify(asOf)},
          tables: ${JSON.stringify(tables)},
          ...${JSON.stringify(more ?? {})},
        });
      `,
    });
  return {
    project,
    declare,
    pulumi: (args) => run(args, "succeed"),
    refused: (args) => run(args, "fail"),
  };
}

function connectionOf(database: TestDatabase): Record<string, unknown> {
  const { host, port, user, password, database: name } = database;
  return { host, port, user, password, database: name };
}
