import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { Cancelled } from "../../../postgres/connect/errors";
import { writeFailure } from "./failure";
import { hashFile } from "./hash-file";
import type { Spool, Spooled } from "./spool";

export interface EncodedChunk {
  readonly rows: number;
  readonly textBytes: number;
  /** SHA-256 of the COPY text, in hex. */
  readonly textSha256: string;
  readonly fileBytes: number;
  readonly fileSha256: string;
}

/** What a file gives back as COPY text. */
export type ProvedText = Pick<EncodedChunk, "rows" | "textBytes" | "textSha256">;

export interface CodecOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface EncodeOptions extends CodecOptions {
  /** Told the bytes of text that have come so far. */
  readonly onRead?: ((bytes: number) => void) | undefined;
}

/** Rows of one table as the server prints them, to files of one encoding and back. Several calls may be under way at a time. */
export interface ChunkCodec {
  /**
   * COPY text (csv, FORCE_QUOTE *) in, a file out. Throws ChunkTooLarge when the text grows beyond maxTextBytes, RowTooLarge
   * for a single row that no smaller chunk would make fit, ParquetError otherwise. What it wrote is removed when it fails.
   */
  encode(text: Readable, target: string, options?: EncodeOptions): Promise<EncodedChunk>;
  /** Reads the file back as COPY text and hashes it: the proof. */
  prove(file: string, options?: CodecOptions): Promise<ProvedText>;
  /** The COPY text of a file, for `COPY … FROM STDIN (FORMAT csv)`: what stands unquoted and empty is NULL. */
  read(file: string, options?: CodecOptions): Promise<Readable>;
  /** Removes what it has on the disk. */
  close(): Promise<void>;
}

export interface CodecSettings {
  /** Where its temporary files go: at most maxTextBytes, and two row groups (128 MB) for each file that is read. */
  readonly directory: string;
  /** Text of one chunk. */
  readonly maxTextBytes: number;
  /** What DuckDB may use; more for rows longer than 16 MB. @default 192 */
  readonly memoryMegabytes?: number;
}

/** What every encoding has around its own way of writing: the text hashed and counted on the disk, the file hashed, nothing left. */
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

/** Hashes text as it comes back; `rows` is asked at its end. */
export async function proveText(pieces: AsyncIterable<Uint8Array>, rows: () => number): Promise<ProvedText> {
  const hash = createHash("sha256");
  let textBytes = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    textBytes += piece.length;
  }
  return { rows: rows(), textBytes, textSha256: hash.digest("hex") };
}
