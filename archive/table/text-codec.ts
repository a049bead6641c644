import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { Cancelled } from "../../postgres/errors";
import type { ChunkCodec, CodecOptions, CodecSettings, EncodedChunk, EncodeOptions } from "../parquet/codec";
import { writeFailure } from "../parquet/failure";
import { RowScan } from "../parquet/row-scan";
import { Spool } from "../parquet/spool";

/** The text of a COPY as it came, for what takes it by another COPY: the proof is made where it goes. */
export async function openTextCodec(settings: CodecSettings): Promise<ChunkCodec> {
  return new TextCodec(settings.maxTextBytes, await mkdtemp(join(settings.directory, "text-")));
}

class TextCodec implements ChunkCodec {
  private count = 0;

  constructor(
    private readonly maxTextBytes: number,
    private readonly folder: string,
  ) {}

  async encode(text: Readable, target: string, { signal, onRead }: EncodeOptions = {}): Promise<EncodedChunk> {
    const { maxTextBytes } = this;
    const spool = new Spool(this.folder, `text-${(this.count += 1)}`, {
      maxTextBytes,
      sliceBytes: Infinity,
      signal,
      onRead,
    });
    try {
      const { files, rows, bytes, sha256 } = await spool.fill(text);
      await rename(files[0] ?? "", target);
      return { rows, textBytes: bytes, textSha256: sha256, fileBytes: bytes, fileSha256: sha256 };
    } catch (error) {
      if (signal?.aborted && !(error instanceof Cancelled)) throw new Cancelled(`writing "${target}"`, error);
      throw writeFailure(error, target);
    } finally {
      await spool.remove();
    }
  }

  /** That the disk gives back what was written: what the table gives back is compared where it goes in. */
  async prove(
    file: string,
    { signal }: CodecOptions = {},
  ): Promise<Pick<EncodedChunk, "rows" | "textBytes" | "textSha256">> {
    const hash = createHash("sha256");
    const scan = new RowScan();
    let textBytes = 0;
    for await (const piece of createReadStream(file, { signal, highWaterMark: 1 << 18 })) {
      hash.update(piece as Buffer);
      scan.push(piece as Buffer);
      textBytes += (piece as Buffer).length;
    }
    return { rows: scan.rows, textBytes, textSha256: hash.digest("hex") };
  }

  read(file: string): Promise<Readable> {
    return Promise.resolve(createReadStream(file));
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
