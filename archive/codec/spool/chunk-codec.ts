import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { Cancelled } from "../../../postgres/connect/session-errors";
import { writeFailure } from "./failure";
import type { Spool, Spooled } from "./spool";
import { createReadStream } from "node:fs";

export interface EncodedChunk {
  readonly rows: number;
  readonly textBytes: number;
  /** SHA-256 of the COPY text, in hex. */
  readonly textSha256: string;
  readonly fileBytes: number;
  readonly fileSha256: string;
}

/** Rows and COPY text that a file yields. */
export type ProvedText = Pick<EncodedChunk, "rows" | "textBytes" | "textSha256">;

export interface CodecOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface EncodeOptions extends CodecOptions {
  /** Called with the bytes of text received so far. */
  readonly onRead?: ((bytes: number) => void) | undefined;
}

/** Converts rows of one table, as the server prints them, to files of one encoding and back. Several calls may run at a time. */
export interface ChunkCodec {
  /**
   * Writes COPY text (csv, FORCE_QUOTE *) to a file. Throws ChunkTooLarge if the text grows beyond maxTextBytes, RowTooLarge for
   * a single row that no smaller chunk would make fit, ParquetError otherwise. Removes the file if it fails.
   */
  encode(text: Readable, target: string, options?: EncodeOptions): Promise<EncodedChunk>;
  /** Reads the file back as COPY text and hashes it: the proof. */
  prove(file: string, options?: CodecOptions): Promise<ProvedText>;
  /** Returns the COPY text of a file, for `COPY … FROM STDIN (FORMAT csv)`: unquoted and empty is NULL. */
  read(file: string, options?: CodecOptions): Promise<Readable>;
  /** Removes its files from the disk. */
  close(): Promise<void>;
}

export interface CodecSettings {
  /** Folder for temporary files: at most maxTextBytes, and two row groups (128 MB) for each file that is read. */
  readonly directory: string;
  /** Bytes of text in one chunk. */
  readonly maxTextBytes: number;
  /** Memory for DuckDB; more is taken for rows longer than 16 MB. @default 192 */
  readonly memoryMegabytes?: number;
}

/** Does what every encoding needs around its own `write`: hashes and counts the text on the disk, hashes the file, cleans up. */
export async function encodeSpooled(
  spool: Spool,
  text: Readable,
  target: string,
  { signal }: CodecOptions,
  write: (spooled: Spooled) => Promise<void>,
): Promise<EncodedChunk> {
  try {
    const spooled = await spool.fill(text);
    await write(spooled);
    const { rows, bytes, sha256 } = spooled;
    const written = await hashFile(target);
    return { rows, textBytes: bytes, textSha256: sha256, fileBytes: written.bytes, fileSha256: written.sha256 };
  } catch (error) {
    await rm(target, { force: true });
    if (signal?.aborted && !(error instanceof Cancelled)) throw new Cancelled(`writing "${target}"`, error);
    throw writeFailure(error, target);
  } finally {
    await spool.remove();
  }
}

/** Hashes the text that a file yields; calls `rows` at its end. */
export async function proveText(pieces: AsyncIterable<Uint8Array>, rows: () => number): Promise<ProvedText> {
  const hash = createHash("sha256");
  let textBytes = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    textBytes += piece.length;
  }
  return { rows: rows(), textBytes, textSha256: hash.digest("hex") };
}

/** Returns length and SHA-256 of a file, in hex. */
async function hashFile(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 18 })) {
    hash.update(piece as Buffer);
    bytes += (piece as Buffer).length;
  }
  return { bytes, sha256: hash.digest("hex") };
}
