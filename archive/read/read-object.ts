// Reads an object of an archive to its end and compares it with its known hash. All readers of archives use this.
import { createHash } from "node:crypto";
import type { ManifestPart } from "../../core/archive/manifest";
import { ArchiveFault } from "../store/mismatch";
import { StoreError } from "../store/store-errors";
import type { ObjectStore } from "../store/store";

interface ObjectWanted {
  readonly key: string;
  /** In hex. */
  readonly sha256: string;
  readonly version?: string | undefined;
  /** Source of the hash, for errors: `the ledger`, `the manifest`. */
  readonly source: string;
}

interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes received so far. */
  readonly onRead?: ((bytes: number) => void) | undefined;
}

/** Consumes one reading; called again if a second one is needed. */
type Sink<T> = (pieces: AsyncIterable<Buffer>) => Promise<T>;

/**
 * Passes the content to `take`, and fails with an ArchiveFault unless all of it was as wanted: the result of `take` counts only
 * then. Content that differs is read once more: an error in transit is gone then, while an object damaged in the store is the
 * same again. Memory: one piece of the stream.
 */
export async function readObject<T>(
  store: ObjectStore,
  wanted: ObjectWanted,
  take: Sink<T>,
  options: ReadOptions = {},
): Promise<T> {
  const first = await readOnce(store, wanted, take, options);
  if (first.sha256 === wanted.sha256) return first.result;
  const second = await readOnce(store, wanted, take, options);
  if (second.sha256 === wanted.sha256) return second.result;
  const object = `"${store.url}/${wanted.key}"`;
  if (first.sha256 !== second.sha256)
    throw new StoreError(
      "integrity",
      `${store.url}/${wanted.key}`,
      "reading",
      `it came differently each time: its SHA-256 was ${first.sha256}, then ${second.sha256}, and in ${wanted.source} ${wanted.sha256}`,
    );
  throw new ArchiveFault(
    "damaged",
    `${object} is damaged: its SHA-256 is ${second.sha256}, in ${wanted.source} ${wanted.sha256}`,
  );
}

/** Reads a part and discards it. */
export function readPartBack(
  store: ObjectStore,
  folder: string,
  part: Pick<ManifestPart, "name" | "sha256" | "version">,
  options: ReadOptions,
): Promise<void> {
  const { name, sha256, version } = part;
  return readObject(store, { key: `${folder}${name}`, sha256, version, source: "the manifest" }, drain, options);
}

/** Small object, whole. */
export interface SmallObject {
  readonly text: string;
  readonly sha256: string;
}

/**
 * Reads a small object with its hash, which the caller compares: read once more if it is not `wanted`. If no hash is known, the
 * store's own has to match.
 */
export async function readSmall(
  store: ObjectStore,
  key: string,
  wanted: string | undefined,
  { signal }: ReadOptions,
): Promise<SmallObject> {
  const unchecked = wanted !== undefined;
  const read = async (): Promise<SmallObject> => {
    const { result, sha256 } = await readOnce(store, { key, unchecked }, collectText, { signal });
    return { text: result, sha256 };
  };
  const first = await read().catch(ignoreDamaged);
  if (first && (wanted === undefined || first.sha256 === wanted)) return first;
  const second = await read().catch(ignoreDamaged);
  if (second) return second;
  throw new ArchiveFault(
    "damaged",
    `"${store.url}/${key}" is damaged: its checksum differs from the one that the store has recorded`,
  );
}

async function collectText(pieces: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all).toString("utf8");
}

function ignoreDamaged(error: unknown): undefined {
  if (!(error instanceof StoreError) || error.kind !== "integrity") throw error;
}

async function drain(pieces: AsyncIterable<Buffer>): Promise<void> {
  for await (const _piece of pieces);
}

async function readOnce<T>(
  store: ObjectStore,
  { key, version, unchecked = true }: Pick<ObjectWanted, "key" | "version"> & { readonly unchecked?: boolean },
  take: Sink<T>,
  { signal, onRead }: ReadOptions,
): Promise<{ readonly result: T; readonly sha256: string }> {
  const hash = createHash("sha256");
  async function* readHashed(): AsyncGenerator<Buffer> {
    let bytes = 0;
    // Unchecked by the store: the hash is compared here, and a store's own error would not state the one found.
    for await (const piece of (await store.get(key, { signal, version, unchecked })) as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      bytes += piece.length;
      hash.update(piece);
      onRead?.(bytes);
      yield piece;
    }
  }
  try {
    const result = await take(readHashed());
    return { result, sha256: hash.digest("hex") };
  } catch (error) {
    if (error instanceof StoreError && error.kind === "missing") throw createGoneFault(store, key);
    throw error;
  }
}

function createGoneFault(store: ObjectStore, key: string): ArchiveFault {
  return new ArchiveFault("gone", `"${store.url}/${key}" is gone`);
}
