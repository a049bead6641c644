import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

/** A process id says nothing of a process on another machine, which may have the same folder for temporary files. */
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

/**
 * A new folder in TMPDIR for the files of one task; the caller removes it. What processes of this machine that were killed have
 * left there is removed first: it may be as large as what is to come, and nobody else would.
 */
export async function makeWorkFolder(task: "archive" | "restore" | "query"): Promise<string> {
  const start = `pgpartition-${task}-${HOST}-`;
  for (const name of await readdir(tmpdir()))
    if (name.startsWith(start) && !isAlive(Number.parseInt(name.slice(start.length), 10)))
      // Another user's, or somebody else is faster: then it is theirs.
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  return mkdtemp(join(tmpdir(), `${start}${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // One of another user may not be asked.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
