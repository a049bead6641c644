// The programs that read the files of Monitoring in earnest, built from the Go module proxy: Prometheus's own parser of rules,
// and postgres_exporter. Go keeps what it has compiled, so that only the first build takes its minute.
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { findExecutable } from "../engine/executables";
import { repositoryRoot } from "../paths";

/** One tools module for each, because their dependency versions do not agree; each go.sum is complete. */
const PROGRAMS = {
  rules: ".",
  exporter: "github.com/prometheus-community/postgres_exporter/cmd/postgres_exporter",
} as const;

/** Where the program is, or why it cannot be had here. */
export type Built = { readonly path: string } | { readonly reason: string };

export async function buildProgram(name: keyof typeof PROGRAMS, env: NodeJS.ProcessEnv = process.env): Promise<Built> {
  const go = findExecutable("go", env["PATH"]);
  if (go === undefined) return { reason: `go is not on PATH, so "${name}" of tools/monitoring is not built` };
  const folder = join(repositoryRoot, ".pgpartition", "monitoring");
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  const failure = await run(go, ["build", "-mod=readonly", "-buildvcs=false", "-o", path, PROGRAMS[name]], name, env);
  return failure === undefined ? { path } : { reason: `"${name}" of tools/monitoring cannot be built: ${failure}` };
}

/** The last line of what went wrong; undefined: nothing. */
function run(go: string, args: readonly string[], name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const child = spawn(go, args, {
    cwd: join(repositoryRoot, "tools", "monitoring", "go", name),
    // GOFLAGS is emptied because a user's -mod=mod or -tags would build something that nobody has tested.
    env: { ...env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off", GOTOOLCHAIN: "local" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-4_000)));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) => resolve(code === 0 ? undefined : (errors.trim().split("\n").at(-1) ?? "no message")));
  });
}
