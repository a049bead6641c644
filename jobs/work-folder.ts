import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

/** Process ids of another machine mean nothing here, and it may share the folder for temporary files. */
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

/**
 * Creates a folder in TMPDIR for the files of one task; the caller removes it. Folders of killed processes of this machine are
 * removed first: they may be as large as the new one, and nothing else removes them.
 */
export async function makeWorkFolder(task: "archive" | "restore" | "query"): Promise<string> {
  const start = `pgpartition-${task}-${HOST}-`;
  for (const name of await readdir(tmpdir()))
    if (name.startsWith(start) && !isAlive(Number.parseInt(name.slice(start.length), 10)))
      // Owned by another user, or just removed by another process.
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  return mkdtemp(join(tmpdir(), `${start}${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Processes of other users answer EPERM.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
