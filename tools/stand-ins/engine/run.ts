// Runs `pulumi` from a program: tests, benches and the demo.
import { spawn } from "node:child_process";
import { repositoryRoot } from "../../paths";
import { pulumiEnvironment } from "./environment";
import { type Engine, resolveEngine } from "./resolve";

export interface RunOptions {
  /** Folder of the Pulumi project; the repository by default. */
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Called with each piece of output as it arrives, of both streams. */
  readonly onOutput?: (text: string) => void;
  /** Interrupts the command as Ctrl-C would. */
  readonly signal?: AbortSignal;
  readonly engine?: Engine;
}

export interface RunResult {
  /** Exit code; 128 + n after signal n, as shells report it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs non-interactively and without colours. A failing command is a result, not an exception: tests check both. */
export async function runPulumi(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const engine = options.engine ?? (await resolveEngine());
  const child = spawn(engine.command, [...args, "--non-interactive", "--color=never"], {
    cwd: options.cwd ?? repositoryRoot,
    env: pulumiEnvironment(engine, { ...process.env, ...options.env }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const interrupt = (): boolean => child.kill("SIGINT");
  options.signal?.addEventListener("abort", interrupt);
  const stdout = collect(child.stdout, options.onOutput);
  const stderr = collect(child.stderr, options.onOutput);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (exitCode, signalName) => resolve(exitCode ?? (signalName === "SIGKILL" ? 137 : 130)));
    });
    return { code, stdout: stdout(), stderr: stderr() };
  } finally {
    options.signal?.removeEventListener("abort", interrupt);
  }
}

function collect(stream: NodeJS.ReadableStream, onOutput: ((text: string) => void) | undefined): () => string {
  const parts: string[] = [];
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    parts.push(text);
    onOutput?.(text);
  });
  return () => parts.join("");
}
