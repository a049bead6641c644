import { type Readable } from "node:stream";
import type { ExportRequest } from "../postgres/export-rows";
import type { PartRecord } from "../postgres/archive-records";
import { type ArchiveJob, subjectOf } from "./job";
import type { ChunkCodec, EncodedChunk, EncodeOptions } from "./chunk-codec";
import type { StoredObject } from "./store/store";

/** Who brings the rows of one part into the store, and proves that they are the ones that the server sent. */
export interface PartWriter {
  /** Takes the text of a COPY. What is to be stored of it lies in the file afterwards, unless the server stores it. */
  take(text: Readable, file: string, options: EncodeOptions, rows: ExportRequest): Promise<EncodedChunk>;
  /** Fails unless the file gives back what came. Asked before the part is written down. */
  prove(part: PartRecord, file: string): Promise<void>;
  /** Never overwrites. What is returned was asked of the store, and compared. */
  store(part: PartRecord, file: string): Promise<StoredObject>;
  close(): Promise<void>;
}

/** Proved by decoding, whoever has made the file. */
export class ClientWriter implements PartWriter {
  constructor(
    protected readonly job: ArchiveJob,
    private readonly codec: ChunkCodec,
  ) {}

  take(text: Readable, file: string, options: EncodeOptions, _rows: ExportRequest): Promise<EncodedChunk> {
    return this.codec.encode(text, file, options);
  }

  async prove(part: PartRecord, file: string): Promise<void> {
    const proof = await this.codec.prove(file, { signal: this.job.work.signal });
    if (proof.textSha256 === part.textSha256 && proof.rows === part.rows) return;
    throw new Error(
      `${subjectOf(this.job)}: part ${part.part} does not give back what the server sent (${proof.rows} of ${part.rows} rows). ` +
        "Nothing was stored of it and nothing dropped: please report the types of the table's columns",
    );
  }

  store(part: PartRecord, file: string): Promise<StoredObject> {
    const { store, work } = this.job;
    return store.put(part.key, { path: file, bytes: part.bytes, sha256: part.sha256 }, { signal: work.signal });
  }

  close(): Promise<void> {
    return this.codec.close();
  }
}
