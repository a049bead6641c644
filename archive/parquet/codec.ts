import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { ParquetColumn } from "../../core/archive/columns";
import { encodeStatement } from "../../core/archive/parquet-sql";
import { Cancelled } from "../../postgres/errors";
import { type Engine, openEngine } from "./engine";
import { ParquetError } from "./errors";
import { writeFailure } from "./failure";
import { hashFile } from "./hash-file";
import { Pieces } from "./pieces";
import { Spool, type Spooled } from "./spool";

export interface EncodedChunk {
  readonly rows: number;
  readonly textBytes: number;
  /** SHA-256 of the COPY text, in hex. */
  readonly textSha256: string;
  readonly fileBytes: number;
  readonly fileSha256: string;
}

export interface CodecOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface EncodeOptions extends CodecOptions {
  /** Told the bytes of text that have come so far. */
  readonly onRead?: ((bytes: number) => void) | undefined;
}

/** Rows of one table as the server prints them, to Parquet files and back. Several calls may be under way at a time. */
export interface ChunkCodec {
  /**
   * COPY text (csv, FORCE_QUOTE *) in, Parquet file out. Throws ChunkTooLarge when the text grows beyond maxTextBytes, RowTooLarge
   * for a single row that no smaller chunk would make fit, ParquetError otherwise. What it wrote is removed when it fails.
   */
  encode(text: Readable, target: string, options?: EncodeOptions): Promise<EncodedChunk>;
  /** Reads the file back as COPY text and hashes it: the proof. */
  prove(file: string, options?: CodecOptions): Promise<Pick<EncodedChunk, "rows" | "textBytes" | "textSha256">>;
  /** The COPY text of a file, for `COPY … FROM STDIN (FORMAT csv)`: what stands unquoted and empty is NULL. */
  read(file: string, options?: CodecOptions): Promise<Readable>;
  /** Removes what it has on the disk. */
  close(): Promise<void>;
}

export interface CodecSettings {
  /** Where its temporary files go: at most maxTextBytes, and two row groups (128 MB) for each file that is read. */
  readonly directory: string;
  /** Text of one chunk. */
  readonly maxTextBytes: number;
  /** What DuckDB may use; more for rows longer than 16 MB. @default 192 */
  readonly memoryMegabytes?: number;
}

/** Enough for rows of up to 16 MB. Measured: the process then stays below 300 MB. */
const DEFAULT_MEMORY_MEGABYTES = 192;

/** A long row is copied as often as this on its way into a file. */
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

  async encode(text: Readable, target: string, { signal, onRead }: EncodeOptions = {}): Promise<EncodedChunk> {
    const { maxTextBytes } = this.settings;
    const spool = new Spool(this.folder, `text-${(this.count += 1)}`, { maxTextBytes, signal, onRead });
    try {
      const spooled = await spool.fill(text);
      await this.write(spooled, target, signal);
      const { rows, bytes, sha256 } = spooled;
      const written = await hashFile(target);
      return { rows, textBytes: bytes, textSha256: sha256, fileBytes: written.bytes, fileSha256: written.sha256 };
    } catch (error) {
      await rm(target, { force: true });
      if (signal?.aborted && !(error instanceof Cancelled)) throw new Cancelled(`writing "${target}"`, error);
      throw writeFailure(error, target);
    } finally {
      await spool.remove();
    }
  }

  async prove(
    file: string,
    { signal }: CodecOptions = {},
  ): Promise<Pick<EncodedChunk, "rows" | "textBytes" | "textSha256">> {
    const hash = createHash("sha256");
    let textBytes = 0;
    const pieces = this.pieces(file, signal);
    for await (const piece of pieces.text()) {
      hash.update(piece);
      textBytes += piece.length;
    }
    return { rows: pieces.rows, textBytes, textSha256: hash.digest("hex") };
  }

  async read(file: string, { signal }: CodecOptions = {}): Promise<Readable> {
    // Told now, and not in the middle of a COPY.
    if (!existsSync(file)) throw new ParquetError("missing", `"${file}" is not there`);
    return Readable.from(this.pieces(file, signal).text(), { objectMode: false });
  }

  async close(): Promise<void> {
    await this.engine.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async write({ files, rows, longestRow }: Spooled, target: string, signal: AbortSignal | undefined) {
    const statement = encodeStatement({ columns: this.columns, texts: files, target, longestRow });
    const memoryMegabytes = Math.max(this.memory, (COPIES_OF_A_ROW * longestRow) / 1_000_000);
    const [counted] = await this.engine.run(statement, { subject: `writing "${target}"`, memoryMegabytes, signal });
    if (Number(counted?.[0]) !== rows)
      throw new ParquetError("other", `writing "${target}": ${String(counted?.[0])} rows were read where ${rows} came`);
  }

  private pieces(file: string, signal: AbortSignal | undefined): Pieces {
    const name = join(this.folder, `piece-${(this.count += 1)}`);
    return new Pieces(this.engine, this.columns, { file, name, memoryMegabytes: this.memory, signal });
  }

  private get memory(): number {
    return this.settings.memoryMegabytes ?? DEFAULT_MEMORY_MEGABYTES;
  }
}
