// Starts and stops a real PostgreSQL server on a free loopback port.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { account } from "./account";
import { type Binaries, binaries, type Version } from "./binaries";
import { prepare, serverEnvironment, superuser, temporaryFolder } from "./cluster";
import { reachable } from "./reachable";

interface StartOptions {
  readonly version: Version;
  /** Other programs than those of npm, of the same version. */
  readonly binaries?: Binaries;
  /** A folder that is kept and used again; by default a temporary one, removed at the end. */
  readonly dataDir?: string;
  /** Where the temporary folder is made; the system's by default. */
  readonly temporaryIn?: string | undefined;
  /** Lines of postgresql.conf, given on the command line. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Path of the server's log; a file in the data folder by default. */
  readonly logFile?: string;
}

export interface Server {
  readonly version: Version;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** URL of the database `postgres`. */
  readonly url: string;
  readonly logFile: string;
  /** Process id of the postmaster. */
  readonly pid: number;
  /** Fast shutdown: open sessions are ended. */
  stop(): Promise<void>;
}

const host = "127.0.0.1";
const startMs = 60_000;

/**
 * Script that ends the server with this process, for whatever reason: the shell waits for the end of its standard input. It
 * also removes a temporary data folder, because a killed process cannot.
 */
const watcher = `
  exec 3<&0
  "$@" 3<&- </dev/null & server=$!
  ( read -r _ <&3; kill -INT "$server" 2>/dev/null ) & reader=$!
  wait "$server"; code=$?
  kill "$reader" 2>/dev/null
  [ -z "$REMOVE" ] || rm -rf -- "$REMOVE"
  exit "$code"`;

/** Number of tries: another process may take the port between check and start; a third has never been needed. */
const portAttempts = 3;

export async function startServer(options: StartOptions): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (attempt === portAttempts || !String(error).includes("Address already in use")) throw error;
    }
  }
}

async function startOnce(options: StartOptions): Promise<Server> {
  const owner = account();
  const bin = join(reachable(options.binaries ?? binaries(options.version), owner), "bin");
  const temporary = options.dataDir === undefined ? temporaryFolder(owner, options.temporaryIn) : undefined;
  const dataDir = options.dataDir ?? join(temporary ?? "", "data");
  // Letters and digits only: a leading hyphen would be an option on a command line.
  const password = randomBytes(24).toString("hex");
  const logFile = options.logFile ?? join(temporary ?? dataDir, "server.log");
  try {
    refuseSecondStart(dataDir);
    await prepare({ bin, dataDir, account: owner, password });
    const port = await freePort();
    mkdirSync(dirname(logFile), { recursive: true });
    const log = openSync(logFile, "a");
    const child = spawn("/bin/sh", ["-c", watcher, "sh", join(bin, "postgres"), ...flags(dataDir, port, options)], {
      ...owner,
      cwd: "/",
      env: { ...serverEnvironment(), REMOVE: temporary },
      // A separate process group: Ctrl-C reaches only the caller, which stops the server when it has finished with it.
      detached: true,
      stdio: ["pipe", log, log],
    });
    closeSync(log);
    const pid = await ready(child, dataDir, logFile);
    // A caller that does not stop the server still ends, and the server with it.
    for (const handle of [child, child.stdin as Socket]) handle.unref();
    const url = `postgresql://${superuser}:${password}@${host}:${String(port)}/postgres`;
    const stop = (): Promise<void> => end(child);
    return { version: options.version, host, port, user: superuser, password, url, logFile, pid, stop };
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

function flags(dataDir: string, port: number, options: StartOptions): readonly string[] {
  const settings = {
    listen_addresses: host,
    port: String(port),
    // No socket file: two servers of one user would otherwise meet in /tmp.
    unix_socket_directories: "",
    timezone: "UTC",
    log_timezone: "UTC",
    ...options.settings,
  };
  return ["-D", dataDir, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

/** Fails early: PostgreSQL itself would report this only in its log. */
function refuseSecondStart(dataDir: string): void {
  const pid = Number(pidFile(dataDir)[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  if (existsSync(`/proc/${String(pid)}/cwd`) && readFileSync(`/proc/${String(pid)}/cmdline`).includes(dataDir)) {
    throw new Error(`"${dataDir}" is in use by PostgreSQL, process ${String(pid)}: end that first`);
  }
}

/** Returns lines of postmaster.pid: process id first, "ready" in the eighth once connections are accepted. */
function pidFile(dataDir: string): readonly string[] {
  try {
    return readFileSync(join(dataDir, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return [];
  }
}

async function ready(child: ChildProcess, dataDir: string, logFile: string): Promise<number> {
  for (let waited = 0; waited < startMs && child.exitCode === null; waited += 20) {
    const lines = pidFile(dataDir);
    if (lines[7]?.startsWith("ready") === true) return Number(lines[0]);
    await sleep(20);
  }
  await end(child);
  throw new Error(`PostgreSQL did not start:\n${tail(logFile)}`);
}

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").slice(-10).join("\n") : "(no log)";
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const closed = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.stdin?.end();
  await closed;
}

/** Returns a port that is free now; two concurrent calls get different ones from the kernel. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, host, () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
