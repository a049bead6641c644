import { createHash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
import { PRIVATE_FILE_MODE } from "../../../core/defaults";
import { ChunkTooLarge, RowTooLarge, TextCutOff } from "./codec-errors";
import { RowScan } from "./row-scan";

/**
 * A row is held some ten times on its way into a file and out of it: 64 MB of one row are 700 MB of memory. Rows of up to 16 MB
 * need no more memory than short ones.
 */
const MAX_ROW_BYTES = 64_000_000;

/**
 * Size of the files of text: DuckDB takes 2048 rows at a time and never from two files, so this limits how many long rows it
 * holds.
 */
const SLICE_BYTES = 4_000_000;

/** Text of one chunk on the disk, as received. */
export interface Spooled {
  readonly files: readonly string[];
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly longestRow: number;
}

interface SpoolOptions {
  readonly maxTextBytes: number;
  /** About the size of one file. @default 4 MB */
  readonly sliceBytes?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onRead?: ((bytes: number) => void) | undefined;
}

/** Splits the text of a COPY at ends of rows into files, which the caller removes; hashes and counts it on the way. */
export class Spool {
  private readonly scan = new RowScan();
  private readonly hash = createHash("sha256");
  private readonly files: string[] = [];
  private handle: FileHandle | undefined;
  private sliceBytes = 0;
  private bytes = 0;

  constructor(
    /** Folder, and beginning of the files' names. */
    private readonly folder: string,
    private readonly name: string,
    private readonly options: SpoolOptions,
  ) {}

  async fill(text: Readable): Promise<Spooled> {
    const { signal, onRead } = this.options;
    // An error before the first read is thrown by the loop below.
    text.on("error", () => undefined);
    if (signal) addAbortSignal(signal, text);
    try {
      await this.openNext();
      for await (const piece of text) {
        await this.add(piece as Buffer);
        onRead?.(this.bytes);
      }
    } finally {
      await this.handle?.close();
    }
    if (this.scan.open > 0) throw new TextCutOff(this.scan.rows);
    const { rows, longest } = this.scan;
    return { files: this.files, rows, bytes: this.bytes, sha256: this.hash.digest("hex"), longestRow: longest };
  }

  async remove(): Promise<void> {
    await Promise.all(this.files.map((file) => rm(file, { force: true })));
  }

  private async add(piece: Buffer): Promise<void> {
    this.bytes += piece.length;
    const whole = this.scan.push(piece);
    this.requireSize();
    this.hash.update(piece);
    if (whole === 0 || this.sliceBytes + whole < (this.options.sliceBytes ?? SLICE_BYTES)) return this.write(piece);
    await this.write(piece.subarray(0, whole));
    await this.openNext();
    await this.write(piece.subarray(whole));
  }

  private requireSize(): void {
    const { maxTextBytes } = this.options;
    const { rows, open: ongoing, longest } = this.scan;
    const maxRowBytes = Math.min(MAX_ROW_BYTES, maxTextBytes);
    if (Math.max(longest, ongoing) > maxRowBytes)
      throw new RowTooLarge(
        ongoing > maxRowBytes ? rows + 1 : rows,
        maxRowBytes,
        maxTextBytes < MAX_ROW_BYTES ? "spoolMegabytes allows no more" : "that is the limit",
      );
    if (this.bytes > maxTextBytes) throw new ChunkTooLarge(maxTextBytes);
  }

  private async write(piece: Buffer): Promise<void> {
    this.sliceBytes += piece.length;
    for (let sent = 0; sent < piece.length;) sent += (await this.handle?.write(piece, sent))?.bytesWritten ?? 0;
  }

  private async openNext(): Promise<void> {
    await this.handle?.close();
    this.handle = undefined;
    const file = join(this.folder, `${this.name}-${this.files.length}.csv`);
    this.files.push(file);
    this.handle = await open(file, "wx", PRIVATE_FILE_MODE);
    this.sliceBytes = 0;
  }
}
