// The package as users get it: packed, and installed from the tarball into empty folders outside of the repository, where no
// module of the clone is found. Packed and installed once in a run, for all files of this folder.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { repositoryRoot } from "../../tools/paths";
import { type RunResult, runPulumi } from "../../tools/stand-ins/engine/run";
import { withLock } from "../../tools/stand-ins/engine/lock";
import { npm } from "../support/harness/packed";
import { alive } from "../support/processes";

/** Newest LTS line of Node; the other one is that which runs the tests. */
export const NEWEST_LTS = "26";

const PREFIX = "pgpartition-package-";

/** The compiler of the examples, and the types of Node, as Pulumi's templates have them. */
const TEMPLATE = ["typescript@~5.9.0", "@types/node@^20.0.0"];

/** A folder with the package and nothing else of ours. */
export interface Installation {
  readonly folder: string;
  /** Environment in which its Node is found first. */
  readonly env: NodeJS.ProcessEnv;
}

interface Installations {
  /** By the Node of the tests. */
  readonly current: Installation;
  /** By the newest LTS, which also gets a newer SDK of Pulumi, and with the policy SDK. */
  readonly newest: Installation;
}

/** All files of a run have the same parent: vitest itself. */
export async function installPackage(): Promise<Installations> {
  const run = join(tmpdir(), `${PREFIX}${String(process.ppid)}`);
  const node = join(run, "node", "node_modules", "node", "bin");
  const installations = {
    current: { folder: join(run, "current"), env: {} },
    newest: { folder: join(run, "newest"), env: { PATH: [node, process.env["PATH"]].join(delimiter) } },
  };
  await withLock(
    `${run}.lock`,
    () => undefined,
    async () => {
      if (existsSync(join(run, "done"))) return;
      removeOldRuns();
      rmSync(run, { recursive: true, force: true });
      const tarball = await pack(run);
      // One after the other: one that finds a damaged entry in npm's cache removes it, under the hands of the others.
      await installNode(join(run, "node"));
      await install(installations.current, [tarball, ...TEMPLATE]);
      await install(installations.newest, [tarball, "@pulumi/policy", ...TEMPLATE]);
      writeFileSync(join(run, "done"), "");
    },
  );
  return installations;
}

/** Folders of runs that have ended; the last file of a run does not know that it is the last. */
function removeOldRuns(): void {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(PREFIX)))
    if (!alive(Number.parseInt(name.slice(PREFIX.length), 10)))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
}

async function pack(run: string): Promise<string> {
  mkdirSync(run, { recursive: true });
  await npm(["pack", "--pack-destination", run], repositoryRoot);
  const tarball = readdirSync(run).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error(`npm pack left no tarball in ${run}`);
  return join(run, tarball);
}

/** Node is a package whose script fetches the binary as a package of its own. */
async function installNode(folder: string): Promise<void> {
  makeProject(folder, { allowScripts: { node: true } });
  await npm(["install", `node@${NEWEST_LTS}`], folder);
}

async function install({ folder, env }: Installation, packages: readonly string[]): Promise<void> {
  makeProject(folder, {});
  await npm(["install", ...packages], folder, env);
}

function makeProject(folder: string, more: object): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "project", private: true, ...more }));
}

/** Runs a program of the installation's Node in its folder; a failing one is a result. */
export function run(
  { folder, env }: Installation,
  command: string,
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
): Promise<RunResult> {
  return new Promise((resolve) => {
    execFile(command, [...args], { cwd: folder, env: { ...process.env, ...env, ...more } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
}

/** Makes the installation a Pulumi project as the README says, with local state. */
export async function makePulumiProject({ folder, env }: Installation, program: string, settings: NodeJS.ProcessEnv) {
  const readme = readFileSync(join(repositoryRoot, "README.md"), "utf8");
  const [, plugins = ""] = /```yaml\n# Pulumi\.yaml\n([^]*?)```/.exec(readme) ?? [];
  writeFileSync(join(folder, "Pulumi.yaml"), `name: project\nruntime: nodejs\n${plugins}`);
  writeFileSync(join(folder, "index.ts"), program);
  mkdirSync(join(folder, "state"), { recursive: true });
  const all = {
    ...env,
    ...settings,
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_HOME: join(folder, "home"),
  };
  const pulumi = (...args: readonly string[]): Promise<RunResult> => runPulumi(args, { cwd: folder, env: all });
  await pulumi("stack", "init", "dev");
  return { env: all, pulumi };
}

/** The README's first program. */
export function readmeProgram(): string {
  const readme = readFileSync(join(repositoryRoot, "README.md"), "utf8");
  const [, program] = /<!-- program:[^>]*-->\n+```ts\n([^]*?)```/.exec(readme) ?? [];
  if (program === undefined) throw new Error("README.md has no program");
  return program;
}
