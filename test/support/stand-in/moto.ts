// A server that knows every setting of a bucket of S3: moto, from PyPI, installed once into the cache.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findExecutable } from "../../../tools/stand-ins/engine/executables";
import { withLock } from "../../../tools/stand-ins/engine/lock";
import { cacheFolder } from "../../../tools/paths";

const VERSION = "5.2.5";

/** `moto[server]` brings all of AWS; these are what S3 and IAM take. */
const PACKAGES = [`moto[s3]==${VERSION}`, "flask==3.1.3", "flask-cors==6.0.2"];

const START_MS = 30_000;

export interface Moto {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Where its modules are, or why they cannot be had here. */
type FoundMoto = { readonly python: string; readonly modules: string } | { readonly reason: string };

/** From the cache, or installed: half a minute, once. */
export async function findMoto(env: NodeJS.ProcessEnv = process.env): Promise<FoundMoto> {
  const python = findExecutable("python3", env["PATH"]);
  if (python === undefined) return { reason: "python3 is not on PATH, so moto cannot stand in for AWS" };
  const modules = join(cacheFolder(env), "moto", VERSION);
  const found = { python, modules };
  if (existsSync(modules)) return found;
  await mkdir(dirname(modules), { recursive: true });
  const onWait = (): void => console.log(`another process is making ${modules}: waiting for it`);
  return withLock(`${modules}.lock`, onWait, async () => {
    if (existsSync(modules)) return found;
    // Installed beside and renamed, so that an installation cut short is never used.
    const temporary = await mkdtemp(`${modules}.partial-`);
    try {
      const failure = await install(python, temporary);
      if (failure !== undefined) return { reason: `moto cannot be had from PyPI: ${failure}` };
      await rename(temporary, modules);
      return found;
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  });
}

/** On a free port of loopback, with no bucket in it. */
export async function startMoto({ python, modules }: Exclude<FoundMoto, { reason: string }>): Promise<Moto> {
  const port = await freePort();
  const child = spawn(python, ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], {
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], PYTHONPATH: modules, PYTHONDONTWRITEBYTECODE: "1" },
    stdio: "ignore",
  });
  const endpoint = `http://127.0.0.1:${String(port)}`;
  for (let waited = 0; waited < START_MS && child.exitCode === null; waited += 100) {
    if (await answers(endpoint)) return { endpoint, stop: () => end(child) };
    await sleep(100);
  }
  await end(child);
  throw new Error(`moto did not answer within ${String(START_MS / 1000)} s`);
}

/** The last line of what went wrong; undefined: nothing. */
function install(python: string, target: string): Promise<string | undefined> {
  const options = ["--quiet", "--disable-pip-version-check", "--target", target];
  const child = spawn(python, ["-m", "pip", "install", ...options, ...PACKAGES], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-4_000)));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) => resolve(code === 0 ? undefined : (errors.trim().split("\n").at(-1) ?? "no message")));
  });
}

async function answers(endpoint: string): Promise<boolean> {
  return fetch(`${endpoint}/moto-api/`).then(
    (answer) => answer.ok,
    () => false,
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once("close", resolve));
  child.kill();
  await closed;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
