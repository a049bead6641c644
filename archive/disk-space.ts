import { statfs } from "node:fs/promises";

/** Fails before anything is read when the disk has no room for what is to lie there. */
export async function requireSpace(directory: string, bytes: number, subject: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new Error(
    `${subject}: "${directory}" has ${megabytes(free)} MB of room, and two parts need ${megabytes(bytes)} MB. Nothing was done. ` +
      "Make room, set TMPDIR to a directory that has it, or make archive.spoolMegabytes smaller",
  );
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 1_000_000);
}
