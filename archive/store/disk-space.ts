import { statfs } from "node:fs/promises";
import type { ArchiveEncoding } from "../../core/declare/archive/formats";

/** What is decoded for the proof lies on the disk beside the spools. */
const ROW_GROUPS_BYTES = 128_000_000;

/** Bytes that an archive takes on the disk of the machine that makes it: two parts, and what is decoded for their proof. */
export function spoolBytes(maxTextBytes: number, format: ArchiveEncoding): number {
  return 2 * maxTextBytes + (format === "csv" ? maxTextBytes : ROW_GROUPS_BYTES);
}

/** What is missing, and what helps; undefined: there is room for so many bytes. */
export async function spaceProblem(directory: string, bytes: number): Promise<string | undefined> {
  const free = await freeBytes(directory);
  if (free >= bytes) return undefined;
  return (
    `"${directory}" has ${megabytes(free)} MB of room, and two parts need ${megabytes(bytes)} MB. Nothing was done. ` +
    "Make room, set TMPDIR to a directory that has it, or make archive.spoolMegabytes smaller"
  );
}

/** Fails before anything is read when the disk has no room for what is to lie there. */
export async function requireSpace(directory: string, bytes: number, subject: string): Promise<void> {
  const problem = await spaceProblem(directory, bytes);
  if (problem !== undefined) throw new Error(`${subject}: ${problem}`);
}

/** Bytes that this user may still write there. */
export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

function megabytes(bytes: number): number {
  return Math.floor(bytes / 1_000_000);
}
