// Writes files that survive a power cut.
import { mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { PRIVATE_FILE_MODE } from "../../core/defaults";
import type { Source } from "./content";
import { getErrorCode } from "./file-errors";
import type { PutOptions } from "./store";

/** Mode of the folders of archives, private like the files in them. */
const FOLDER_MODE = 0o700;

/** Writes a new file, which is on the disk when this returns. */
export async function writeAndSync(path: string, source: Source, { signal, onSent }: PutOptions): Promise<void> {
  const file = await open(path, "wx", PRIVATE_FILE_MODE);
  try {
    let sent = 0;
    for (let part = 0; part < source.partSha256.length; part += 1) {
      signal?.throwIfAborted();
      const piece = await source.read(part);
      await file.writeFile(piece);
      sent += piece.length;
      onSent?.(sent);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Creates the missing folders between root and folder, each entry synced in its parent. One by one, because Node's `recursive`
 * reports a read-only disk as a missing folder.
 */
export async function makeFolders(root: string, folder: string): Promise<void> {
  const missing: string[] = [];
  for (let path = folder; path !== root && path !== dirname(path); path = dirname(path)) missing.unshift(path);
  for (const path of missing) if (await makeFolder(path)) await syncFolder(dirname(path));
}

/** Creates a folder; false: it exists. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: FOLDER_MODE });
    return true;
  } catch (error) {
    if (getErrorCode(error) !== "EEXIST") throw error;
    if ((await stat(path)).isDirectory()) return false;
    throw Object.assign(new Error(`"${path}" is no directory`), { code: "ENOTDIR" });
  }
}

/** Syncs the names in a folder: a file's sync does not write them. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
