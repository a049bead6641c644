import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { serverHeader } from "../core/archive/csv-sql";
import { parseLocation } from "../core/archive/location";
import type { PartRecord, RelationFacts } from "../postgres/archive-records";
import type { ArchiveColumn } from "../postgres/archive-table";
import { type ArchiveJob, subjectOf } from "./job";
import type { EncodedChunk, EncodeOptions } from "./chunk-codec";
import { hashText } from "./spool/hash-text";
import type { PartWriter } from "./part-writer";
import { ObjectConflict } from "./store/errors";
import { sha256Of } from "./store/read";
import type { StoredObject } from "./store/store";

/**
 * Parts that the server writes by the extension aws_s3, as CSV. Before, the same rows are read once and hashed; after, the object
 * is read back and has to have that hash. Rows are not kept on this machine.
 */
export class AwsS3Writer implements PartWriter {
  private readonly header: Buffer;

  constructor(
    private readonly job: ArchiveJob,
    private readonly relations: readonly RelationFacts[],
    private readonly columns: readonly ArchiveColumn[],
    private readonly maxTextBytes: number,
  ) {
    this.header = Buffer.from(serverHeader(columns.map(({ name }) => name)));
  }

  /** What the object is going to be, by the rows as they are sent to us. */
  async take(text: Readable, _file: string, options: EncodeOptions): Promise<EncodedChunk> {
    const object = createHash("sha256").update(this.header);
    const proved = await hashText(text, this.maxTextBytes, options, object);
    return { ...proved, fileBytes: this.header.length + proved.textBytes, fileSha256: object.digest("hex") };
  }

  /** There is nothing to prove before the object is there. */
  prove(): Promise<void> {
    return Promise.resolve();
  }

  /** The extension overwrites, so that what is there is asked for before. */
  async store(part: PartRecord): Promise<StoredObject> {
    const found = await this.job.store.head(part.key, { signal: this.job.work.signal });
    if (found) {
      const theirs = await this.hashOf(part.key, found);
      if (theirs !== part.sha256) throw new ObjectConflict(`${this.job.store.url}/${part.key}`, theirs, part.sha256);
      return found;
    }
    await this.write(part);
    return this.requireWritten(part);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async write(part: PartRecord): Promise<void> {
    const { settings, store, work } = this.job;
    const location = parseLocation(store.url, "archive.to", []);
    const relation = this.relations.find(({ oid }) => oid === part.relation);
    if (location?.kind !== "s3" || !relation)
      throw new Error(`${subjectOf(this.job)}: aws_s3 writes rows of a table into a bucket`);
    const rows = { relation, columns: this.columns.map(({ name }) => name), first: part.first, end: part.end };
    const written = await work.database.exportToS3(
      {
        ...rows,
        bucket: location.bucket,
        key: location.prefix === "" ? part.key : `${location.prefix}/${part.key}`,
        region: settings.region,
        kmsKey: settings.kmsKey,
      },
      { signal: work.signal, subject: subjectOf(this.job) },
    );
    if (written.rows === part.rows && written.files === 1) return;
    throw new Error(
      `${subjectOf(this.job)}: the server wrote ${written.rows} rows in ${written.files} objects as part ${part.part}, which has ${part.rows} rows. Nothing was dropped`,
    );
  }

  private async requireWritten(part: PartRecord): Promise<StoredObject> {
    const { store, work } = this.job;
    const object = `"${store.url}/${part.key}"`;
    const written = await store.head(part.key, { signal: work.signal });
    if (!written)
      throw new Error(
        `${subjectOf(this.job)}: the server says that it wrote ${object}, and it is not there. Is archive.endpoint the store that the server writes to? Nothing was dropped`,
      );
    const sha256 = await this.hashOf(part.key, written);
    if (sha256 === part.sha256) return { ...written, sha256 };
    throw new Error(
      `${subjectOf(this.job)}: ${object} is not what the server sent us of the same rows (SHA-256 ${sha256} instead of ${part.sha256}). Nothing was dropped; the next update archives it as another generation`,
    );
  }

  /** As the store vouches for it, or by reading it. */
  private async hashOf(key: string, { sha256, version }: StoredObject): Promise<string> {
    return sha256 ?? sha256Of(await this.job.store.get(key, { signal: this.job.work.signal, version }));
  }
}
