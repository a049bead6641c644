// Memory of the plugin that the engine starts, as the kernel counts it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pluginFolder } from "./bundles";

const EVERY_MS = 50;

/**
 * Returns the highest resident set of a plugin of this bench while `body` runs, in MB; undefined where /proc does not show it.
 */
export async function pluginPeak(body: () => Promise<void>): Promise<number | undefined> {
  let running = true;
  const watching = watch(() => running);
  try {
    await body();
  } finally {
    running = false;
    await watching;
  }
  return watching;
}

async function watch(running: () => boolean): Promise<number | undefined> {
  let peak: number | undefined;
  while (running()) {
    for (const megabytes of highWaterMarks()) peak = Math.max(peak ?? 0, megabytes);
    await sleep(EVERY_MS);
  }
  return peak;
}

function highWaterMarks(): number[] {
  const plugin = join(pluginFolder, "plugin.cjs");
  return processes()
    .filter((pid) => procFile(pid, "cmdline").includes(plugin))
    .map((pid) => Number(/^VmHWM:\s+(\d+)/m.exec(procFile(pid, "status"))?.[1] ?? 0) / 1024);
}

function processes(): string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** Reads a file of /proc; empty for a process that has ended meanwhile. */
function procFile(pid: string, name: string): string {
  try {
    return readFileSync(join("/proc", pid, name), "utf8");
  } catch {
    return "";
  }
}
