// Programs that read the files of Monitoring in production: Prometheus's own parser of rules and postgres_exporter, built from
// the Go module proxy, and Grafana's own model of a dashboard, from PyPI. Go caches compiled packages, so that only the first
// build takes a minute.
import { spawn } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { findExecutable } from "../stand-ins/engine/executables";
import { repositoryRoot } from "../paths";

/** Tools module of each program; separate, because their dependency versions do not agree; each go.sum is complete. */
const PROGRAMS = {
  rules: ".",
  exporter: "github.com/prometheus-community/postgres_exporter/cmd/postgres_exporter",
} as const;

/** Path of the program, or why it is not available here. */
export type Built = { readonly path: string } | { readonly reason: string };

export async function buildProgram(name: keyof typeof PROGRAMS, env: NodeJS.ProcessEnv = process.env): Promise<Built> {
  const go = findExecutable("go", env["PATH"]);
  if (go === undefined) return { reason: `go is not on PATH, so "${name}" of tools/monitoring is not built` };
  const folder = join(repositoryRoot, ".pgpartition", "monitoring");
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  const failure = await run(go, ["build", "-mod=readonly", "-buildvcs=false", "-o", path, PROGRAMS[name]], {
    cwd: join(repositoryRoot, "tools", "monitoring", "go", name),
    // GOFLAGS is emptied because a user's -mod=mod or -tags would build an untested program.
    env: { ...env, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off", GOTOOLCHAIN: "local" },
  });
  return failure === undefined ? { path } : { reason: `"${name}" of tools/monitoring cannot be built: ${failure}` };
}

/** Versions of Grafana whose model of a dashboard is on PyPI: the oldest that reads this dashboard, and the newest. */
export const GRAFANA_MODELS = { "10.4": "1769699796!10.4.0", "11.6": "1769699379!11.6.0" } as const;

/** Command that reads a dashboard with the model of one version: `<program> <args…> <file>`. */
export type DashboardReader =
  { readonly program: string; readonly args: readonly string[] } | { readonly reason: string };

export async function dashboardReader(
  version: keyof typeof GRAFANA_MODELS,
  env: NodeJS.ProcessEnv = process.env,
): Promise<DashboardReader> {
  const python = findExecutable("python3", env["PATH"]);
  if (python === undefined) return { reason: "python3 is not on PATH, so no model of Grafana reads the dashboard" };
  const folder = join(repositoryRoot, ".pgpartition", "monitoring", `grafana-${version}`);
  await mkdir(folder, { recursive: true });
  const wanted = `grafana-foundation-sdk==${GRAFANA_MODELS[version]}`;
  const args = [
    "-m",
    "pip",
    "download",
    "--no-deps",
    "--disable-pip-version-check",
    "--quiet",
    "--dest",
    folder,
    wanted,
  ];
  const failure = await run(python, args, { cwd: folder, env });
  const wheel = (await readdir(folder)).find((name) => name.endsWith(".whl"));
  if (wheel === undefined) return { reason: `${wanted} cannot be had from PyPI: ${failure ?? "no wheel came"}` };
  const script = join(repositoryRoot, "tools", "monitoring", "python", "read_dashboard.py");
  return { program: python, args: [script, join(folder, wheel)] };
}

/** Returns the last line of an error; undefined if none occurred. */
export function run(
  program: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<string | undefined> {
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-4_000)));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) => resolve(code === 0 ? undefined : (errors.trim().split("\n").at(-1) ?? "no message")));
  });
}
