// Reads a body to its end and no further: missing bytes are an error, not the end of the content.
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { StoreError } from "./store-errors";

/** Yields the body's pieces, and explains errors of the SDK. `bytes`: length as the store reported it. */
export async function* guardBody(
  body: Readable,
  bytes: number | undefined,
  object: string,
  explain: (error: unknown) => Promise<Error>,
): AsyncGenerator<Uint8Array> {
  let read = 0;
  try {
    for await (const piece of body as AsyncIterable<Uint8Array>) {
      read += piece.length;
      yield piece;
    }
  } catch (error) {
    throw await explain(error);
  } finally {
    body.destroy();
  }
  if (bytes !== undefined && read !== bytes)
    throw new StoreError("integrity", object, "reading", `${read} bytes came of ${bytes}`);
}

/** Returns the SHA-256 in hex. */
export async function hashContent(content: Readable): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of content as AsyncIterable<Uint8Array>) hash.update(piece);
  return hash.digest("hex");
}
