// Starts Node processes for the engine and ends them with the host.
import { type ChildProcess, spawn } from "node:child_process";

export interface NodeCommand {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

interface Outputs {
  readonly stdout: (data: Buffer) => void;
  readonly stderr: (data: Buffer) => void;
}

const running = new Set<ChildProcess>();

/** Between the request to stop and the end by force, as long as the official host waits. */
const graceMs = 5_000;

/** Exit code; 128 when a signal ended the process. Output is complete when this resolves. */
export function runNode(
  command: NodeCommand,
  outputs: Outputs,
  onStart?: (child: ChildProcess) => void,
): Promise<number> {
  const child = spawn(process.execPath, [...command.args], {
    cwd: command.cwd,
    env: command.env,
    // Pipes of our own: Node changes the blocking mode of what it inherits, which would harm our standard output.
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.stdout.on("data", outputs.stdout);
  child.stderr.on("data", outputs.stderr);
  onStart?.(child);
  return new Promise((resolve, reject) => {
    child.on("error", (error) => {
      running.delete(child);
      reject(error);
    });
    child.on("close", (code) => {
      running.delete(child);
      resolve(code ?? 128);
    });
  });
}

/** Cancel: asks each child to stop, and ends by force what does not. */
export function stopAll(): void {
  for (const child of running) stop(child);
}

export function stop(child: ChildProcess): void {
  child.kill("SIGINT");
  setTimeout(() => child.kill("SIGKILL"), graceMs).unref();
}

/** For the host's own end, where nothing can be waited for. */
export function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}
