// Looks at processes that a test started.
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether a process ends by itself within the time. */
export async function endsWithin(pid: number, ms: number): Promise<boolean> {
  for (let waited = 0; waited < ms && alive(pid); waited += 50) await sleep(50);
  return !alive(pid);
}

/** Its children whose command line has these words. */
export function childrenOf(pid: number, words = ""): number[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=,args=", "--ppid", String(pid)], { encoding: "utf8" });
  return stdout
    .split("\n")
    .filter((line) => line.trim() !== "" && line.includes(words))
    .map((line) => Number.parseInt(line, 10));
}
