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

/** Time between the request to stop and the end by force, as in the official host. */
const graceMs = 5_000;

/** Returns the exit code; 128 when a signal ended the process. Output is complete when this resolves. */
export function runNode(
  command: NodeCommand,
  outputs: Outputs,
  onStart?: (child: ChildProcess) => void,
): Promise<number> {
  const child = spawn(process.execPath, [...command.args], {
    cwd: command.cwd,
    env: command.env,
    // Separate pipes: Node changes the blocking mode of inherited ones, which would harm our standard output.
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

/** Serves Cancel: asks each child to stop, and ends by force those that do not. */
export function stopAll(): void {
  for (const child of running) stop(child);
}

export function stop(child: ChildProcess): void {
  child.kill("SIGINT");
  setTimeout(() => child.kill("SIGKILL"), graceMs).unref();
}

/** Kills all children at the host's own end, which cannot wait. */
export function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}
