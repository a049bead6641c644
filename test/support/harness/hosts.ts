// The processes that serve many plugins and programs: one for each worker, for the whole run.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface, type Interface } from "node:readline";
import { inject } from "vitest";
import { pluginHost, quickStart } from "./bundle";
import type { HostAnswer, HostRequest } from "./plugin-host";
import { portOf } from "./port-of";

export interface PluginHosts {
  readonly ports: readonly number[];
  readonly stop: () => Promise<void>;
}

/** For the global setup: the ports of as many hosts as there are workers, and how to end them. */
export async function startHosts(count: number): Promise<PluginHosts> {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"] };
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ["--require", quickStart, pluginHost], { env, stdio: ["pipe", "pipe", "inherit"] }),
  );
  const ports = await Promise.all(children.map(portOf));
  const stop = async (): Promise<void> => {
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = once(child, "exit");
        child.stdin.end();
        await gone;
      }),
    );
  };
  return { ports, stop };
}

let host: Promise<{ readonly socket: Socket; readonly lines: AsyncIterator<string> }> | undefined;
let last: Promise<unknown> = Promise.resolve();

/** Asks the host of this worker; answers come in the order of the questions. Returns the port of what is served. */
export async function askHost(request: HostRequest): Promise<number> {
  host ??= open();
  const { socket, lines } = await host;
  const answered = last.then(async () => {
    socket.ref();
    socket.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    // What waits for nothing must not keep the worker from ending.
    socket.unref();
    if (done) throw new Error("the process that serves plugins has ended");
    return JSON.parse(value as string) as HostAnswer;
  });
  last = answered.catch(() => undefined);
  const answer = await answered;
  if ("error" in answer) throw new Error(answer.error);
  return answer.port;
}

async function open(): Promise<{ readonly socket: Socket; readonly lines: AsyncIterator<string> }> {
  const ports = inject("pluginHosts");
  const worker = Number(process.env["VITEST_POOL_ID"] ?? 1);
  const socket = connect(ports[(worker - 1) % ports.length] ?? 0, "127.0.0.1");
  await once(socket, "connect");
  return { socket, lines: (createInterface(socket) as Interface)[Symbol.asyncIterator]() };
}

declare module "vitest" {
  interface ProvidedContext {
    pluginHosts: readonly number[];
  }
}
