import { createReadStream } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import {
  type ChunkCodec,
  type CodecOptions,
  type CodecSettings,
  encodeSpooled,
  type EncodedChunk,
  type EncodeOptions,
  type ProvedText,
  proveText,
} from "./spool/chunk-codec";
import { RowScan } from "./spool/row-scan";
import { Spool } from "./spool/spool";

/** Opens the codec for COPY text that is loaded by another COPY as it came; the target table proves it. */
export async function openTextCodec(settings: CodecSettings): Promise<ChunkCodec> {
  return new TextCodec(settings.maxTextBytes, await mkdtemp(join(settings.directory, "text-")));
}

class TextCodec implements ChunkCodec {
  private count = 0;

  constructor(
    private readonly maxTextBytes: number,
    private readonly folder: string,
  ) {}

  encode(text: Readable, target: string, options: EncodeOptions = {}): Promise<EncodedChunk> {
    const settings = { maxTextBytes: this.maxTextBytes, sliceBytes: Infinity, ...options };
    const spool = new Spool(this.folder, `text-${(this.count += 1)}`, settings);
    return encodeSpooled(spool, text, target, options, ({ files }) => rename(files[0] ?? "", target));
  }

  /** Proves that the disk returns what was written; the text that the table returns is compared when it is loaded. */
  prove(file: string, { signal }: CodecOptions = {}): Promise<ProvedText> {
    const scan = new RowScan();
    const pieces = createReadStream(file, { signal, highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>;
    return proveText(scan.passThrough(pieces), () => scan.rows);
  }

  read(file: string): Promise<Readable> {
    return Promise.resolve(createReadStream(file));
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
