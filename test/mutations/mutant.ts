// A copy of the sources in which one line of the product is another one, and a test that is run there.
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { repositoryRoot } from "../../tools/paths";
import type { TestServer } from "../support/servers";
import { type Borrowed, BORROWED } from "./borrowed-server";
import type { Mutation } from "./mutations";

/** Folders and files that neither the product nor its tests are made of. */
const LEFT_OUT = new Set([".git", ".pgpartition", "dist", "docs", "node_modules"]);

/** How a test of the mutant ended. */
interface Verdict {
  readonly title: string;
  readonly status: string;
  /** Of a test that failed, without colours. */
  readonly message: string;
}

/** How often the line that a mutation breaks stands in its file. */
export function countPlaces({ file, from }: Mutation): number {
  return readFileSync(join(repositoryRoot, file), "utf8").split(from).length - 1;
}

/** Runs the guard of a mutation in a copy that has it; returns the tests that were run. */
export async function runGuard(mutation: Mutation, server: TestServer): Promise<Verdict[]> {
  const folder = mkdtempSync(join(tmpdir(), "pgpartition-mutant-"));
  try {
    cpSync(repositoryRoot, folder, {
      recursive: true,
      filter: (path) => !LEFT_OUT.has(path.slice(repositoryRoot.length + 1)),
    });
    symlinkSync(join(repositoryRoot, "node_modules"), join(folder, "node_modules"));
    const file = join(folder, mutation.file);
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace(mutation.from, () => mutation.to),
    );
    return await runTest(folder, mutation.guard, server);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runTest(folder: string, guard: Mutation["guard"], server: TestServer): Promise<Verdict[]> {
  const { file, title, runsPlugins = false } = guard;
  // As vitest.config.mts says.
  const report = join(folder, ".pgpartition", "test-results.json");
  const pattern = `${title.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`;
  const args = ["run", file, "-t", pattern, "--project", "services", "--root", folder];
  const vitest = join(folder, "node_modules", "vitest", "vitest.mjs");
  const borrowed: Borrowed = { server, runsPlugins };
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], [BORROWED]: JSON.stringify(borrowed) };
  // It ends with 1, because its test fails: that the report is there shows that it has run.
  const ended = await promisify(execFile)(process.execPath, [vitest, ...args], { cwd: folder, env }).then(
    () => "all its tests passed",
    (error: unknown) => String(error),
  );
  return readReport(report, ended);
}

function readReport(report: string, ended: string): Verdict[] {
  let text: string;
  try {
    text = readFileSync(report, "utf8");
  } catch {
    throw new Error(`the tests of the copy were not run: ${ended}`);
  }
  const { testResults } = JSON.parse(text) as {
    readonly testResults: readonly {
      readonly assertionResults: readonly {
        readonly title: string;
        readonly status: string;
        readonly failureMessages: readonly string[];
      }[];
    }[];
  };
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "passed" || status === "failed")
    .map(({ title, status, failureMessages }) => ({
      title,
      status,
      message: failureMessages.join("\n").replaceAll(/\u001b\[\d+m/g, ""),
    }));
}
