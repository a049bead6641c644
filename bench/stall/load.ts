// Clients at a fixed rate, in a separate process. Latency counts from when a request was due, not from when a client had
// time to send it: a stall affects all requests that were due meanwhile.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export interface Stream {
  readonly name: string;
  readonly clients: number;
  readonly perSecond: number;
  /** SQL with $1, a random number from 1 to `keys`. */
  readonly sql: string;
  readonly keys: number;
}

export interface LoadRequest {
  readonly url: string;
  readonly application: string;
  readonly streams: readonly Stream[];
}

export interface Latencies {
  readonly name: string;
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Messages of failed requests, each once. */
  readonly errors: readonly string[];
}

interface Load {
  /** Waits for the answers of due requests, and returns the latencies. */
  stop(): Promise<readonly Latencies[]>;
}

export async function startLoad(request: LoadRequest): Promise<Load> {
  const child = fork(join(__dirname, "load-process.ts"), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  child.send(request);
  await answer(child);
  return {
    stop: async () => {
      child.send("stop");
      const latencies = (await answer(child)) as readonly Latencies[];
      child.disconnect();
      return latencies;
    },
  };
}

async function answer(child: ChildProcess): Promise<unknown> {
  const gone = once(child, "exit").then(() => {
    throw new Error("the load generator ended before its time");
  });
  const [message] = (await Promise.race([once(child, "message"), gone])) as unknown[];
  gone.catch(() => undefined);
  return message;
}

export function latencyText(latencies: readonly Latencies[]): string {
  return latencies
    .map(({ name, p50, p99, max, errors }) => {
      const failed = errors.length === 0 ? "" : `, errors: ${errors.join("; ")}`;
      return `${name} ${p50.toFixed(1)}/${p99.toFixed(0)}/${max.toFixed(0)}${failed}`;
    })
    .join(", ");
}
