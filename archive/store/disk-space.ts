import { statfs } from "node:fs/promises";
import type { ArchiveEncoding } from "../../core/declare/archive/formats";

/** Row groups decoded for the proof are on the disk together with the spools. */
const ROW_GROUPS_BYTES = 128_000_000;

/** Returns the bytes that an archive needs on the local disk: two parts, and what is decoded for their proof. */
export function estimateSpoolBytes(maxTextBytes: number, format: ArchiveEncoding): number {
  return 2 * maxTextBytes + (format === "csv" ? maxTextBytes : ROW_GROUPS_BYTES);
}

/** Returns how much space is missing and what helps; undefined: there is enough. */
export async function explainMissingSpace(directory: string, bytes: number): Promise<string | undefined> {
  const free = await readFreeBytes(directory);
  if (free >= bytes) return undefined;
  return (
    `"${directory}" has ${toMegabytes(free)} MB of room, and two parts need ${toMegabytes(bytes)} MB. Nothing was done. ` +
    "Free some, set TMPDIR to a directory that has it, or lower archive.spoolMegabytes"
  );
}

/** Fails before anything is read if the disk lacks the space. */
export async function requireSpace(directory: string, bytes: number, subject: string): Promise<void> {
  const problem = await explainMissingSpace(directory, bytes);
  if (problem !== undefined) throw new Error(`${subject}: ${problem}`);
}

/** Returns the bytes that this user may still write there. */
export async function readFreeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

function toMegabytes(bytes: number): number {
  return Math.floor(bytes / 1_000_000);
}
