// Starts and stops a real PgBouncer, as packaged by Debian, in front of a PostgreSQL server.
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { account } from "./account";
import { serverEnvironment, temporaryFolder } from "./cluster";
import { librariesOf, notToBeHad, unpacked } from "./debian-package";

export interface PgBouncerOptions {
  /** The server behind it, with a role that may read pg_shadow: every role then logs in with its own password. */
  readonly server: { readonly host: string; readonly port: number; readonly user: string; readonly password: string };
  readonly mode: "session" | "transaction" | "statement";
  /** Lines of section [pgbouncer], which override those of this file. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PgBouncer {
  readonly host: string;
  readonly port: number;
  readonly logFile: string;
  stop(): Promise<void>;
}

const PACKAGE = "pgbouncer";
const PROGRAM = join("usr", "sbin", "pgbouncer");
const host = "127.0.0.1";
const startMs = 20_000;

/** Returns program and libraries, or why they are not available. */
export async function findPgBouncer(): Promise<{ readonly files: readonly string[] } | { readonly reason: string }> {
  if (process.platform !== "linux") return { reason: `${PACKAGE} is taken from Debian, this is ${process.platform}` };
  try {
    const program = join(await unpacked(PACKAGE, PROGRAM), PROGRAM);
    const files = [program, ...(missing(program) ? await libraries() : [])];
    return { files };
  } catch (error) {
    return { reason: notToBeHad(PACKAGE, error) };
  }
}

/** Script that ends it with this process, for whatever reason: the shell waits for the end of its standard input. */
const watcher = `
  exec 3<&0
  "$@" 3<&- </dev/null & server=$!
  ( read -r _ <&3; kill -KILL "$server" 2>/dev/null ) & reader=$!
  wait "$server"
  kill "$reader" 2>/dev/null
  rm -rf -- "$REMOVE"`;

export async function startPgBouncer(files: readonly string[], options: PgBouncerOptions): Promise<PgBouncer> {
  const owner = account();
  const folder = temporaryFolder(owner);
  const port = await freePort();
  const own = (path: string, mode: number): void => {
    chmodSync(path, mode);
    if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  };
  // Copied, because its account may not be able to enter the repository.
  for (const file of files) {
    const copy = join(folder, file.split("/").at(-1) ?? "");
    copyFileSync(file, copy);
    own(copy, 0o700);
  }
  const logFile = join(folder, "log");
  const users = join(folder, "users");
  const configuration = join(folder, "pgbouncer.ini");
  const { user, password } = options.server;
  writeFileSync(users, `"${user}" "${password}"\n`);
  writeFileSync(configuration, text(options, { port, users, logFile }));
  for (const path of [users, configuration]) own(path, 0o600);
  const child = spawn("/bin/sh", ["-c", watcher, "sh", join(folder, "pgbouncer"), "--quiet", configuration], {
    ...owner,
    cwd: "/",
    env: { ...serverEnvironment(), LD_LIBRARY_PATH: folder, REMOVE: folder },
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.unref();
  const closed = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    child.ref();
    child.stdin.end();
    await closed;
  };
  for (let waited = 0; !(await accepts(port)); waited += 20) {
    if (child.exitCode !== null || waited > startMs) {
      const log = existsSync(logFile) ? readFileSync(logFile, "utf8") : "(no log)";
      await stop();
      rmSync(folder, { recursive: true, force: true });
      throw new Error(`PgBouncer did not start:\n${log}`);
    }
    await sleep(20);
  }
  return { host, port, logFile, stop };
}

function text({ server, mode, settings }: PgBouncerOptions, own: Readonly<Record<string, string | number>>): string {
  const lines = {
    listen_addr: host,
    listen_port: String(own["port"]),
    unix_socket_dir: "",
    auth_type: "scram-sha-256",
    auth_file: String(own["users"]),
    auth_query: "select usename, passwd from pg_catalog.pg_shadow where usename = $1",
    logfile: String(own["logFile"]),
    pool_mode: mode,
    max_client_conn: "400",
    ...settings,
  };
  return [
    "[databases]",
    `* = host=${server.host} port=${String(server.port)} auth_user=${server.user}`,
    "[pgbouncer]",
    ...Object.entries(lines).map(([name, value]) => `${name} = ${value}`),
    "",
  ].join("\n");
}

/** Returns true if the program needs a library that is not installed on this machine. */
function missing(program: string): boolean {
  return spawnSync("ldd", [program], { encoding: "utf8" }).stdout.includes("not found");
}

/** Returns those of its libraries that are not installed. */
async function libraries(): Promise<string[]> {
  const wanted = (await librariesOf(PACKAGE)).filter((name) => spawnSync("dpkg-query", ["-s", name]).status !== 0);
  const folders = await Promise.all(wanted.map((name) => unpacked(name, join("usr", "lib"))));
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => /\.so\.\d+$/.test(path))
      .map((path) => join(folder, path)),
  );
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on("error", reject);
    probe.listen(0, host, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
