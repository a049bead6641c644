// Reads content in parts, and hashes it first: once for the whole and once for each part.
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { StoreError } from "./store-errors";
import type { Content } from "./store";

/** Limit of S3. */
const MAX_PARTS = 10_000;

/** Content that was read whole once, and is as declared. */
export interface Source {
  readonly bytes: number;
  /** SHA-256 of the whole, in hex. */
  readonly sha256: string;
  /** SHA-256 of each part, in base64 as S3 writes it; one for empty content. */
  readonly partSha256: readonly string[];
  /** Bytes of every part but the last. */
  readonly partBytes: number;
  /** Reads one part, from 0; the buffer belongs to the caller. */
  read(part: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens content in parts of about the given size, larger ones if there would be too many. Throws a StoreError of kind `integrity`
 * if a file is not as declared: it was changed, or cut, since it was hashed.
 */
export async function openSource(object: string, content: Content, wantedPartBytes: number): Promise<Source> {
  if ("body" in content) return fromMemory(content.body);
  const partBytes = Math.max(wantedPartBytes, Math.ceil(content.bytes / MAX_PARTS));
  const file = await open(content.path, "r").catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreError("missing", object, "storing", reason, "Export it again.");
  });
  try {
    const { size } = await file.stat();
    if (size !== content.bytes)
      throw createChangedError(object, content.path, `${content.bytes} bytes`, `${size} bytes`);
    const hashes = await hashParts(file, size, partBytes);
    if (hashes.sha256 !== content.sha256)
      throw createChangedError(object, content.path, `SHA-256 ${content.sha256}`, `SHA-256 ${hashes.sha256}`);
    const read = (part: number): Promise<Uint8Array> =>
      readExactly(file, part * partBytes, Math.min(partBytes, size - part * partBytes));
    return { bytes: size, ...hashes, partBytes, read, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Returns the checksum that S3 holds for an object in parts: the SHA-256 of the parts' concatenated SHA-256s, and the number of
 * parts.
 */
export function hashComposite(partSha256: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of partSha256) hash.update(Buffer.from(part, "base64"));
  return `${hash.digest("base64")}-${String(partSha256.length)}`;
}

function hashBase64(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("base64");
}

function fromMemory(body: Uint8Array): Source {
  const sha256 = hashBase64(body);
  return {
    bytes: body.length,
    sha256: Buffer.from(sha256, "base64").toString("hex"),
    partSha256: [sha256],
    partBytes: body.length,
    read: () => Promise.resolve(body),
    close: () => Promise.resolve(),
  };
}

async function hashParts(
  file: FileHandle,
  size: number,
  partBytes: number,
): Promise<Pick<Source, "sha256" | "partSha256">> {
  const whole = createHash("sha256");
  const partSha256: string[] = [];
  const buffer = Buffer.allocUnsafe(Math.min(1 << 20, Math.max(1, partBytes)));
  for (let start = 0; start === 0 || start < size; start += partBytes) {
    const part = createHash("sha256");
    const end = Math.min(start + partBytes, size);
    for (let at = start; at < end;) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at);
      if (bytesRead === 0) break;
      const piece = buffer.subarray(0, bytesRead);
      whole.update(piece);
      part.update(piece);
      at += bytesRead;
    }
    partSha256.push(part.digest("base64"));
  }
  return { sha256: whole.digest("hex"), partSha256 };
}

async function readExactly(file: FileHandle, position: number, bytes: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(bytes);
  for (let filled = 0; filled < bytes;) {
    const { bytesRead } = await file.read(buffer, filled, bytes - filled, position + filled);
    // Cut since it was hashed: the part's checksum refuses the rest.
    if (bytesRead === 0) return buffer.subarray(0, filled);
    filled += bytesRead;
  }
  return buffer;
}

function createChangedError(object: string, path: string, declared: string, found: string): StoreError {
  return new StoreError("integrity", object, "storing", `the file "${path}" should have ${declared} and has ${found}`);
}
