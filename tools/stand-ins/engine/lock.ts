// A lock between processes, so that two of them do not build the engine at the same time.
import { open, rm, stat, utimes } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Interval at which the holder touches its file; process ids are no proof, they repeat after a restart and in containers. */
const beatMs = 2_000;
const staleMs = 20_000;
const pollMs = 500;

export async function withLock<T>(file: string, onWait: () => void, body: () => Promise<T>): Promise<T> {
  for (let waits = 0; !(await take(file)); waits += 1) {
    if (waits === 0) onWait();
    if (await isStale(file)) await rm(file, { force: true });
    else await sleep(pollMs);
  }
  const beat = setInterval(() => {
    const now = new Date();
    // A removed lock file is no reason to fail: the rename at the end is atomic anyway.
    utimes(file, now, now).catch(() => undefined);
  }, beatMs);
  beat.unref();
  try {
    return await body();
  } finally {
    clearInterval(beat);
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx");
    await handle.close();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function isStale(file: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(file)).mtimeMs > staleMs;
  } catch {
    return false;
  }
}
