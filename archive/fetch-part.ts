import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ManifestPart } from "../core/archive/manifest";
import type { ObjectStore } from "./store/store";

/** Downloads one part, and fails unless it is what the manifest says: nothing is read of a damaged one. */
export async function fetchPart(
  store: ObjectStore,
  key: string,
  part: ManifestPart,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash("sha256");
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(await store.get(key, { signal, version: part.version }), hashing, createWriteStream(file));
  const found = hash.digest("hex");
  if (found === part.sha256) return;
  throw new Error(
    `"${store.url}/${key}" is damaged: its SHA-256 is ${found}, the manifest says ${part.sha256}. Nothing was done with it. ` +
      "Where the bucket keeps versions, restore the one before it",
  );
}
