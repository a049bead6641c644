// The folder of the run's servers: their files are made and removed some hundred thousand times, and on a disk's file system each
// costs several times what it costs in memory.
import { existsSync, statfsSync } from "node:fs";
import { totalmem } from "node:os";

const memory = "/dev/shm";
const GiB = 1024 ** 3;

/** A folder in memory if there is room for what a usual run writes, about 3 GiB; undefined: the system's temporary folder has to do. */
export function memoryFolder(): string | undefined {
  if (!existsSync(memory) || totalmem() < 16 * GiB) return undefined;
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize >= 8 * GiB ? memory : undefined;
}
