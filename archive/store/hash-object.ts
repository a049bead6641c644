import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import type { GetOptions, ObjectStore } from "./store";

/** Reads an object to its end and hashes what comes: the only word about it that is not the store's own. */
export async function hashObject(
  store: ObjectStore,
  key: string,
  options: GetOptions = {},
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  await pipeline(await store.get(key, options), async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  });
  return { bytes, sha256: hash.digest("hex") };
}
