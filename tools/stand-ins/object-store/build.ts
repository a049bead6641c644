// Builds the object store of tests and demo, versitygw, from the Go module proxy; cached, like the engine.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findExecutable, isExecutable } from "../engine/executables";
import { withLock } from "../engine/lock";
import { cacheFolder, repositoryRoot } from "../../paths";

/** Version that go.mod of `go/` requires. */
export const objectStoreVersion = "1.8.0";

/** Path of the program, or why it is not available here. */
type Found = { readonly command: string } | { readonly reason: string };

export interface FindOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Progress, one line each; standard error by default. */
  readonly say?: (line: string) => void;
}

/** Returns the cached program, or builds it: about a minute on two cores, once. Two concurrent calls build it once. */
export async function findObjectStore(options: FindOptions = {}): Promise<Found> {
  const env = options.env ?? process.env;
  const say = options.say ?? ((line: string) => process.stderr.write(`${line}\n`));
  const target = join(cacheFolder(env), "object-store", objectStoreVersion);
  const command = join(target, "versitygw");
  if (isExecutable(command)) return { command };
  const go = findExecutable("go", env["PATH"]);
  if (go === undefined)
    return { reason: `go is not on PATH, so the object store of tools/stand-ins/object-store is not built` };
  await mkdir(dirname(target), { recursive: true });
  const onWait = (): void => say(`another process is building ${target}: waiting for it`);
  return withLock(`${target}.lock`, onWait, async () => {
    if (isExecutable(command)) return { command };
    // Renamed when complete, so that an interrupted build is never used.
    const temporary = await mkdtemp(`${target}.partial-`);
    try {
      say(`building versitygw ${objectStoreVersion} from the Go module proxy, once: about a minute on 2 cores`);
      const failure = await build(go, join(temporary, "versitygw"), env);
      if (failure !== undefined) return { reason: `the object store cannot be built: ${failure}` };
      await rm(target, { recursive: true, force: true });
      await rename(temporary, target);
      return { command };
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  });
}

/** Returns the last lines of an error; undefined if none occurred. */
function build(go: string, output: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const args = ["build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", output];
  const child = spawn(go, [...args, "github.com/versity/versitygw/cmd/versitygw"], {
    // One tools module for each tool, because their dependency versions do not agree; go.sum is complete.
    cwd: join(repositoryRoot, "tools", "stand-ins", "object-store", "go"),
    // GOFLAGS is emptied because a user's -mod=mod or -tags would build an untested program.
    env: { ...env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-20_000)));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) => resolve(code === 0 ? undefined : lastLines(errors)));
  });
}

function lastLines(text: string): string {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("go: downloading"));
  return lines.slice(-8).join("\n") || "no message";
}
