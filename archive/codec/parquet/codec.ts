import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { ParquetColumn } from "../../../core/archive/format/parquet-columns";
import { encodeStatement } from "../../../core/archive/format/parquet-sql";
import {
  type ChunkCodec,
  type CodecOptions,
  type CodecSettings,
  encodeSpooled,
  type EncodedChunk,
  type EncodeOptions,
  type ProvedText,
  proveText,
} from "../spool/chunk-codec";
import { makePrivate } from "../spool/private-file";
import { Spool, type Spooled } from "../spool/spool";
import { type Engine, openEngine } from "./engine";
import { ParquetError } from "../spool/codec-errors";
import { Pieces } from "./pieces";

/** Enough for rows of up to 16 MB. Measured: the process then stays below 300 MB. */
const DEFAULT_MEMORY_MEGABYTES = 192;

/** A long row is held this many times on its way into a file. */
const COPIES_OF_A_ROW = 11;

export async function openCodec(columns: readonly ParquetColumn[], settings: CodecSettings): Promise<ChunkCodec> {
  const engine = await openEngine();
  try {
    return new ParquetCodec(columns, settings, engine, await mkdtemp(join(settings.directory, "parquet-")));
  } catch (error) {
    await engine.close();
    throw error;
  }
}

class ParquetCodec implements ChunkCodec {
  private count = 0;

  constructor(
    private readonly columns: readonly ParquetColumn[],
    private readonly settings: CodecSettings,
    private readonly engine: Engine,
    private readonly folder: string,
  ) {}

  encode(text: Readable, target: string, options: EncodeOptions = {}): Promise<EncodedChunk> {
    const spool = new Spool(this.folder, `text-${(this.count += 1)}`, { ...this.settings, ...options });
    return encodeSpooled(spool, text, target, options, (spooled) => this.write(spooled, target, options.signal));
  }

  prove(file: string, { signal }: CodecOptions = {}): Promise<ProvedText> {
    const pieces = this.createPieces(file, signal);
    return proveText(pieces.readText(), () => pieces.rows);
  }

  async read(file: string, { signal }: CodecOptions = {}): Promise<Readable> {
    // Fails now, and not in the middle of a COPY.
    if (!existsSync(file)) throw new ParquetError("missing", `"${file}" does not exist`);
    return Readable.from(this.createPieces(file, signal).readText(), { objectMode: false });
  }

  async close(): Promise<void> {
    await this.engine.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async write({ files, rows, longestRow }: Spooled, target: string, signal: AbortSignal | undefined) {
    const statement = encodeStatement({ columns: this.columns, texts: files, target, longestRow });
    const memoryMegabytes = Math.max(this.memory, (COPIES_OF_A_ROW * longestRow) / 1_000_000);
    await makePrivate(target);
    const [counted] = await this.engine.run(statement, { subject: `writing "${target}"`, memoryMegabytes, signal });
    if (Number(counted?.[0]) !== rows)
      throw new ParquetError("other", `writing "${target}": ${String(counted?.[0])} rows were read where ${rows} came`);
  }

  private createPieces(file: string, signal: AbortSignal | undefined): Pieces {
    const name = join(this.folder, `piece-${(this.count += 1)}`);
    return new Pieces(this.engine, this.columns, { file, name, memoryMegabytes: this.memory, signal });
  }

  private get memory(): number {
    return this.settings.memoryMegabytes ?? DEFAULT_MEMORY_MEGABYTES;
  }
}
