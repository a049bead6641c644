import { createReadStream, existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { ParquetColumn } from "../../../core/archive/format/parquet-columns";
import { PRIVATE_FILE_MODE } from "../../../core/defaults";
import {
  compressStatement,
  formatCsvHeader,
  expandStatement,
  LONGEST_ROW,
  formatServerHeader,
} from "../../../core/archive/format/csv-sql";
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
import { type Engine, openEngine } from "../parquet/engine";
import { ParquetError } from "../spool/codec-errors";
import { readFailure } from "../spool/failure";
import { makePrivate } from "../spool/private-file";
import { RowScan } from "../spool/row-scan";
import { Spool, type Spooled } from "../spool/spool";
import { Cancelled } from "../../../postgres/connect/session-errors";

/** Enough for rows of up to 16 MB, as for Parquet. */
const DEFAULT_MEMORY_MEGABYTES = 192;

/** A long row is held this many times on its way into a file or out of it. */
const COPIES_OF_A_ROW = 11;

/** Rows of a file that DuckDB reads at a time, and the number of copies that it holds of each. */
const ROWS_AT_A_TIME = 2_048;
const COPIES_OF_ROWS_READ = 4;

/** Sizes of a file's rows, in bytes, that reading it needs. */
interface Rows {
  readonly longest: number;
  /** Bytes of as many rows as are read at a time. */
  readonly bytes: number;
}

/** Assumptions for a file of unknown content, tried in this order: longer rows need more memory. */
const GUESSES: readonly Rows[] = [
  { longest: 2_000_000, bytes: 0 },
  { longest: LONGEST_ROW, bytes: 1_000_000_000 },
];

/**
 * Opens the codec for PostgreSQL's own CSV after a line with the names of the columns, compressed with zstd. A file without the
 * suffix `.zst` comes from an earlier version, in which PostgreSQL itself wrote it, and is read as it is. Unquoted and empty is
 * NULL, quoted and empty is an empty text. Temporary files: the text of each file that is read.
 */
export async function openCsvCodec(columns: readonly ParquetColumn[], settings: CodecSettings): Promise<ChunkCodec> {
  const engine = await openEngine();
  try {
    return new CsvCodec(columns, settings, engine, await mkdtemp(join(settings.directory, "csv-")));
  } catch (error) {
    await engine.close();
    throw error;
  }
}

class CsvCodec implements ChunkCodec {
  private count = 0;
  private readonly header: Buffer;
  /** Sizes of the rows in files written by this codec. */
  private readonly written = new Map<string, Rows>();

  constructor(
    private readonly columns: readonly ParquetColumn[],
    private readonly settings: CodecSettings,
    private readonly engine: Engine,
    private readonly folder: string,
  ) {
    this.header = Buffer.from(formatCsvHeader(columns));
  }

  encode(text: Readable, target: string, options: EncodeOptions = {}): Promise<EncodedChunk> {
    const spool = new Spool(this.folder, `text-${(this.count += 1)}`, { ...this.settings, ...options });
    return encodeSpooled(spool, text, target, options, (spooled) => this.compress(spooled, target, options.signal));
  }

  prove(file: string, { signal }: CodecOptions = {}): Promise<ProvedText> {
    const scan = new RowScan();
    return proveText(scan.passThrough(this.readText(file, signal)), () => scan.rows);
  }

  read(file: string, { signal }: CodecOptions = {}): Promise<Readable> {
    // Fails now, and not in the middle of a COPY.
    if (!existsSync(file)) return Promise.reject(new ParquetError("missing", `"${file}" does not exist`));
    return Promise.resolve(Readable.from(this.readText(file, signal), { objectMode: false }));
  }

  async close(): Promise<void> {
    await this.engine.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async compress({ bytes, files, rows, longestRow }: Spooled, target: string, signal: AbortSignal | undefined) {
    const header = join(this.folder, `header-${(this.count += 1)}.csv`);
    await writeFile(header, this.header, { mode: PRIVATE_FILE_MODE });
    await makePrivate(target);
    const longest = Math.max(longestRow, this.header.length);
    const request = { columns: this.columns, texts: [header, ...files], target, longestRow: longest };
    const [counted] = await this.engine.run(
      compressStatement(request),
      this.run(`writing "${target}"`, longest, signal),
    );
    this.written.set(target, { longest, bytes: Math.min(bytes, ROWS_AT_A_TIME * longest) });
    await rm(header, { force: true });
    // DuckDB counts the header as a row.
    const read = Number(counted?.[0]) - 1;
    if (read !== rows)
      throw new ParquetError("other", `writing "${target}": ${String(read)} rows were read where ${rows} came`);
  }

  /** Reads the text of a file without its header, which has to be that of these columns. */
  private async *readText(file: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer, void, undefined> {
    if (!file.endsWith(".zst")) {
      const header = Buffer.from(formatServerHeader(this.columns.map(({ name }) => name)));
      return yield* readCsvText(createReadStream(file), header, file, signal);
    }
    const plain = join(this.folder, `plain-${(this.count += 1)}.csv`);
    try {
      await this.expand(file, plain, signal);
      yield* readCsvText(createReadStream(plain, { highWaterMark: 1 << 18 }), this.header, file, signal);
    } catch (error) {
      throw readFailure(error, file);
    } finally {
      await rm(plain, { force: true });
    }
  }

  private async expand(file: string, plain: string, signal: AbortSignal | undefined): Promise<void> {
    const known = this.written.get(file);
    const guesses = known === undefined ? GUESSES : [known];
    for (const [index, { longest, bytes }] of guesses.entries())
      try {
        const run = this.run(`reading "${file}"`, longest, signal);
        const memoryMegabytes = Math.max(run.memoryMegabytes, this.memory + (COPIES_OF_ROWS_READ * bytes) / 1_000_000);
        await makePrivate(plain);
        await this.engine.run(expandStatement(this.columns, file, longest, plain), { ...run, memoryMegabytes });
        return;
      } catch (error) {
        if (index + 1 === guesses.length || !mayBeTooLong(error)) throw error;
      }
  }

  private get memory(): number {
    return this.settings.memoryMegabytes ?? DEFAULT_MEMORY_MEGABYTES;
  }

  private run(subject: string, longestRow: number, signal: AbortSignal | undefined) {
    return { subject, memoryMegabytes: Math.max(this.memory, (COPIES_OF_A_ROW * longestRow) / 1_000_000), signal };
  }
}

/**
 * Returns true if a row may be longer than was assumed, or many rows long. A cut or altered file fails alike, at the greatest
 * length too.
 */
function mayBeTooLong(error: unknown): boolean {
  return error instanceof Error && /^(Invalid Input|Out of Memory) Error/.test(error.message);
}

/** Yields the bytes of a CSV file after its header; fails if it begins with another one. */
async function* readCsvText(
  stream: Readable,
  header: Buffer,
  file: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  let seen = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    if (signal?.aborted) throw new Cancelled(`reading "${file}"`, signal.reason);
    const own = Math.min(header.length - seen, piece.length);
    if (own > 0 && !piece.subarray(0, own).equals(header.subarray(seen, seen + own)))
      throw createOtherHeaderError(file);
    seen += Math.max(own, 0);
    if (piece.length > own) yield piece.subarray(Math.max(own, 0));
  }
  if (seen < header.length) throw createOtherHeaderError(file);
}

function createOtherHeaderError(file: string): ParquetError {
  return new ParquetError(
    "broken",
    `"${file}" is not the CSV file that was written: its first line does not name the columns. It was cut or altered, or belongs to another table; fetch it again`,
  );
}
