// A server of a test's own, which it may crash and start again on the same port with the same data.
import { spawn } from "node:child_process";
import { closeSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { account } from "../../../tools/postgres/account";
import { binaries, type Version } from "../../../tools/postgres/binaries";
import { serverEnvironment, temporaryFolder } from "../../../tools/postgres/cluster";
import { reachable } from "../../../tools/postgres/reachable";
import { startServer } from "../../../tools/postgres/server";
import { alive, childrenOf } from "../processes";
import { until } from "./until";

export interface OwnServer {
  readonly url: string;
  readonly password: string;
  /** As `pg_ctl stop -m immediate`: every backend ends without a word, the next start recovers from the WAL. */
  crash(): Promise<void>;
  /** kill -9 of the server and of all its backends, as when the machine goes down. */
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** @param settings lines of postgresql.conf, also for each later start */
export async function startOwnServer(
  version: Version,
  settings: Readonly<Record<string, string>> = {},
): Promise<OwnServer> {
  const owner = account();
  const folder = temporaryFolder(owner);
  const dataDir = join(folder, "data");
  const first = await startServer({ version, dataDir, settings });
  const bin = join(reachable(binaries(version), owner), "bin", "postgres");
  let pid = first.pid;

  const crash = async (): Promise<void> => {
    process.kill(pid, "SIGQUIT");
    await until(() => !alive(pid));
  };
  const kill = async (): Promise<void> => {
    const all = [pid, ...childrenOf(pid)];
    for (const one of all) if (alive(one)) process.kill(one, "SIGKILL");
    await until(() => !all.some(alive));
  };
  const start = async (): Promise<void> => {
    const log = openSync(first.logFile, "a");
    const all = { port: String(first.port), listen_addresses: "127.0.0.1", unix_socket_directories: "", ...settings };
    const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const child = spawn(bin, ["-D", dataDir, ...flags], {
      ...owner,
      cwd: "/",
      env: serverEnvironment(),
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    child.unref();
    pid = child.pid ?? 0;
    await until(() => accepts(first.url));
  };
  const remove = async (): Promise<void> => {
    if (alive(pid)) await crash();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: first.url, password: first.password, crash, kill, start, remove };
}

async function accepts(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
