import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import type { Manifest, ManifestPart } from "../../core/archive/manifest";
import type { Log } from "../../postgres/connect/log";
import { faultpoint } from "../../postgres/connect/faultpoint";
import { requireSpace } from "../store/disk-space";
import { ArchiveFault } from "../store/mismatch";
import { fetchPart } from "../read/fetch-part";
import { openCodecOf } from "../codec/open-codec";
import type { ChunkCodec } from "../codec/spool/chunk-codec";
import type { ObjectStore } from "../store/store";
import { makeWorkFolder } from "../../jobs/work-folder";

/** Archive whose rows are wanted. */
interface RowSource {
  readonly store: ObjectStore;
  readonly manifest: Manifest;
  /** Folder of the parts, below the store's prefix. */
  readonly folder: string;
  /** Name of the table that receives them, for the status and for errors. */
  readonly name: string;
  readonly subject: string;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Lends the rows of an archive as texts of COPY, part by part in order. Each part is compared with the hash of its object before
 * it is read, and with that of its text as it is read: a part that differs fails before its last row is passed on.
 */
export async function withArchivedRows<T>(
  source: RowSource,
  use: (texts: AsyncIterable<Readable>) => Promise<T>,
): Promise<T> {
  const { manifest, subject } = source;
  const directory = await makeWorkFolder("restore");
  try {
    await requireSpace(directory, Math.max(0, ...manifest.parts.map((part) => computeRoom(part, manifest))), subject);
    const files = manifest.columns.map(({ file }) => file);
    const codec = await openCodecOf(manifest.encoding, files, { directory, maxTextBytes: Infinity });
    try {
      return await use(readTexts(source, codec, directory));
    } finally {
      await codec.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Returns the bytes of disk that a part needs: a CSV is stored there with its whole text. */
function computeRoom(part: ManifestPart, { encoding }: Manifest): number {
  return part.bytes + (encoding === "csv" ? part.textBytes : 0);
}

async function* readTexts(source: RowSource, codec: ChunkCodec, directory: string): AsyncGenerator<Readable> {
  const { folder, log, manifest, name, signal, store } = source;
  for (const [index, part] of manifest.parts.entries()) {
    log.status(`restoring ${name}: part ${index + 1} of ${manifest.parts.length} (${part.rows} rows)`);
    const file = join(directory, part.name);
    await fetchPart(store, `${folder}${part.name}`, part, file, signal);
    yield verifyText(await codec.read(file, { signal }), part, `${folder}${part.name}`);
    await rm(file, { force: true });
    await faultpoint(`after restored part ${index + 1} of ${name}`);
  }
}

/** Passes the text on, and ends with an error unless all of it is what the server once sent. */
function verifyText(text: Readable, part: ManifestPart, key: string): Readable {
  const hash = createHash("sha256");
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const found = hash.digest("hex");
      done(
        found === part.textSha256
          ? null
          : new ArchiveFault(
              "damaged",
              `"${key}" does not return the archived rows: the SHA-256 of their text is ${found}, in the manifest ${part.textSha256}`,
            ),
      );
    },
  });
  text.once("error", (error) => check.destroy(error));
  return text.pipe(check);
}
