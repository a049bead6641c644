import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { ManifestPart } from "../../core/archive/manifest";
import { PRIVATE_FILE_MODE } from "../../core/defaults";
import { readObject } from "./read-object";
import type { ObjectStore } from "../store/store";

/** Downloads one part, and fails unless it is as the manifest states: a damaged part is not read at all. */
export async function fetchPart(
  store: ObjectStore,
  key: string,
  part: ManifestPart,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const { sha256, version } = part;
  const wanted = { key, sha256, version, source: "the manifest" };
  await readObject(
    store,
    wanted,
    (pieces) => pipeline(pieces, createWriteStream(file, { mode: PRIVATE_FILE_MODE }), { signal }),
    { signal },
  );
}
