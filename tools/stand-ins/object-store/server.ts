// Starts and stops a real S3-compatible object store on a free loopback port: versitygw over a folder.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findObjectStore, type FindOptions } from "./build";

interface StartOptions extends FindOptions {
  /** A folder that is kept and used again; by default a temporary one, removed at the end. */
  readonly folder?: string;
}

export interface ObjectStoreServer {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly region: string;
  /** Key of a user with all rights; random, created for this start. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly logFile: string;
  /** Process id of the store. */
  readonly pid: number;
  stop(): Promise<void>;
}

const host = "127.0.0.1";
const region = "us-east-1";
const startMs = 20_000;

/** Number of tries: another process may take the port between check and start. */
const portAttempts = 3;

/** Script that ends the store with this process, for whatever reason: the shell waits for the end of its standard input. */
const watcher = `
  exec 3<&0
  "$@" 3<&- </dev/null & store=$!
  echo "$store" > "$FOLDER/pid"
  ( read -r _ <&3; kill -TERM "$store" 2>/dev/null ) & reader=$!
  wait "$store"; code=$?
  kill "$reader" 2>/dev/null
  rm -f -- "$FOLDER/pid"
  [ -z "$REMOVE" ] || rm -rf -- "$REMOVE"
  exit "$code"`;

/** Starts the store; fails with the reason where versitygw can be neither found nor built. */
export async function startObjectStore(options: StartOptions = {}): Promise<ObjectStoreServer> {
  const found = await findObjectStore(options);
  if ("reason" in found) throw new Error(found.reason);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(found.command, options.folder);
    } catch (error) {
      if (attempt === portAttempts || !String(error).includes("address already in use")) throw error;
    }
  }
}

async function startOnce(command: string, kept: string | undefined): Promise<ObjectStoreServer> {
  const folder = kept ?? mkdtempSync(join(tmpdir(), "pgpartition-object-store-"));
  const part = (name: string): string => {
    mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
    return join(folder, name);
  };
  const port = await freePort();
  const keys = { accessKeyId: randomBytes(10).toString("hex"), secretAccessKey: randomBytes(20).toString("hex") };
  const args = ["--port", `${host}:${String(port)}`, "--region", region, "--quiet", "--keep-alive"];
  const versions = part("versions");
  const buckets = part("buckets");
  const logFile = join(folder, "store.log");
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(
    "/bin/sh",
    ["-c", watcher, "sh", command, ...args, "posix", "--versioning-dir", versions, buckets],
    {
      cwd: folder,
      // In the environment, which no other user can read, not on the command line.
      env: {
        PATH: process.env["PATH"],
        ROOT_ACCESS_KEY: keys.accessKeyId,
        ROOT_SECRET_KEY: keys.secretAccessKey,
        FOLDER: folder,
        ...(kept === undefined ? { REMOVE: folder } : {}),
      },
      // A separate process group: Ctrl-C reaches only the caller, which stops the store when it has finished with it.
      detached: true,
      stdio: ["pipe", log, log],
    },
  );
  closeSync(log);
  const endpoint = `http://${host}:${String(port)}`;
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  try {
    const pid = await ready(child, endpoint, folder, logFile);
    // A caller that does not stop the store still ends, and the store with it.
    for (const handle of [child, child.stdin as Socket]) handle.unref();
    return { endpoint, region, ...keys, logFile, pid, stop: () => end(child, ended) };
  } catch (error) {
    await end(child, ended);
    if (kept === undefined) rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function ready(child: ChildProcess, endpoint: string, folder: string, logFile: string): Promise<number> {
  for (let waited = 0; waited < startMs && child.exitCode === null; waited += 20) {
    // Any answer is sufficient: without a signature it is 403.
    const answered = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (answered && child.exitCode === null) return Number(readFileSync(join(folder, "pid"), "utf8"));
    await sleep(20);
  }
  const said = existsSync(logFile) ? readFileSync(logFile, "utf8").trim().split("\n").slice(-10).join("\n") : "";
  throw new Error(`the object store did not start:\n${said}`);
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  child.stdin?.end();
  await ended;
}

/** Returns a port that is free now; two concurrent calls get different ones from the kernel. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, host, () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
