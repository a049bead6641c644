import { rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { ParquetColumn } from "../core/archive/columns";
import { serverSelectList } from "../core/archive/server-parquet";
import type { ExportRequest } from "../postgres/export-rows";
import type { ChunkCodec, EncodedChunk, EncodeOptions } from "./chunk-codec";
import { type ArchiveJob, subjectOf } from "./job";
import { ClientWriter } from "./part-writer";
import { hashFile } from "./spool/hash-file";
import { hashText } from "./spool/hash-text";

/**
 * Parts of which the server makes the Parquet, by the extension pg_parquet. Before, the same rows are read once as text and hashed;
 * the file has to give back that text, as one that this process wrote.
 */
export class PgParquetWriter extends ClientWriter {
  constructor(
    job: ArchiveJob,
    codec: ChunkCodec,
    private readonly columns: readonly ParquetColumn[],
    private readonly maxTextBytes: number,
  ) {
    super(job, codec);
  }

  override async take(
    text: Readable,
    file: string,
    options: EncodeOptions,
    rows: ExportRequest,
  ): Promise<EncodedChunk> {
    const proved = await hashText(text, this.maxTextBytes, options);
    const { work } = this.job;
    const request = { ...rows, selectList: serverSelectList(this.columns), target: file };
    try {
      await work.database.exportParquet(request, { signal: work.signal, subject: subjectOf(this.job) });
      const { bytes, sha256 } = await hashFile(file);
      return { ...proved, fileBytes: bytes, fileSha256: sha256 };
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
  }
}
