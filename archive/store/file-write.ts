// Writing to a disk so that it is there after a power cut.
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { Source } from "./content";
import type { PutOptions } from "./store";

/** Archives hold what the table held: nobody else may read them unless somebody lets them. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** A new file with the content, on the disk when this returns. */
export async function writeAndSync(path: string, source: Source, { signal, onSent }: PutOptions): Promise<void> {
  const file = await open(path, "wx", FILE_MODE);
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

/** Makes what is missing between root and folder, each entry synced in the folder above it. */
export async function makeFolders(root: string, folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (first === undefined) return;
  for (let made = folder; made !== root && made.length >= first.length; made = dirname(made))
    await syncFolder(dirname(made));
}

/** The names in a folder are its own content: a file's sync does not write them. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
