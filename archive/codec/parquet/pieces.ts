import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import type { ParquetColumn } from "../../../core/archive/format/parquet-columns";
import { decodeStatement, buildRowGroupsQuery } from "../../../core/archive/format/parquet-sql";
import { Cancelled } from "../../../postgres/connect/session-errors";
import { makePrivate } from "../spool/private-file";
import type { Engine } from "./engine";
import { readFailure } from "../spool/failure";

/** A row group is held in memory this many times while it is decoded. */
const COPIES_OF_A_GROUP = 6;

interface PiecesOptions {
  readonly file: string;
  /** Beginning of the names of temporary files. */
  readonly name: string;
  readonly memoryMegabytes: number;
  readonly signal: AbortSignal | undefined;
}

interface RowGroup {
  readonly first: number;
  readonly end: number;
  readonly bytes: number;
}

/**
 * Reads the text of a Parquet file by row groups: while one is read, the next is decoded. Two of them are on the disk, one in
 * memory.
 */
export class Pieces {
  /** Rows decoded so far. */
  rows = 0;
  private readonly files = new Set<string>();

  constructor(
    private readonly engine: Engine,
    private readonly columns: readonly ParquetColumn[],
    private readonly options: PiecesOptions,
  ) {}

  async *readText(): AsyncGenerator<Buffer, void, undefined> {
    const { signal, file } = this.options;
    let next: Promise<string> | undefined;
    try {
      const groups = await this.readGroups();
      for (const [index] of groups.entries()) {
        const piece = await (next ?? this.decode(groups, index));
        next = index + 1 < groups.length ? this.decode(groups, index + 1) : undefined;
        next?.catch(() => undefined);
        for await (const bytes of createReadStream(piece, { highWaterMark: 1 << 18 })) {
          if (signal?.aborted) throw new Cancelled(`reading "${file}"`, signal.reason);
          yield bytes as Buffer;
        }
        await this.remove(piece);
      }
    } catch (error) {
      throw readFailure(error, file);
    } finally {
      await next?.catch(() => undefined);
      await Promise.all([...this.files].map((piece) => this.remove(piece)));
    }
  }

  private async readGroups(): Promise<readonly RowGroup[]> {
    const rows = await this.engine.run(buildRowGroupsQuery(this.options.file), this.run(this.options.memoryMegabytes));
    let end = 0;
    return rows.map(([, count, bytes]) => {
      const first = end;
      end += Number(count);
      return { first, end, bytes: Number(bytes) };
    });
  }

  private async decode(groups: readonly RowGroup[], index: number): Promise<string> {
    const group = groups[index] ?? { first: 0, end: 0, bytes: 0 };
    const piece = `${this.options.name}-${index}.csv`;
    this.files.add(piece);
    const statement = decodeStatement(this.columns, this.options.file, group, piece);
    const memory = Math.max(this.options.memoryMegabytes, (COPIES_OF_A_GROUP * group.bytes) / 1_000_000);
    await makePrivate(piece);
    const [counted] = await this.engine.run(statement, this.run(memory));
    this.rows += Number(counted?.[0]);
    return piece;
  }

  private run(memoryMegabytes: number) {
    const { file, signal } = this.options;
    return { subject: `reading "${file}"`, memoryMegabytes, signal };
  }

  private async remove(piece: string): Promise<void> {
    await rm(piece, { force: true });
    this.files.delete(piece);
  }
}
