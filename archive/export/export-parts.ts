import { rm } from "node:fs/promises";
import { join } from "node:path";
import { chooseParquetColumns } from "../../core/archive/format/parquet-columns";
import { formatPartName } from "../../core/store/layout";
import { type ArchiveEncoding, getExtension } from "../../core/declare/archive/formats";
import { formatTid, parseTid, type TidRange } from "../../core/rows/tid";
import { startWalk } from "../../core/rows/walk";
import type { ArchiveState, PartRecord } from "../../postgres/archive/archive-records";
import { exportRows } from "../../postgres/rows/export-rows";
import { type RowColumn, readColumns } from "../../postgres/rows/read-columns";
import type { SizedRelation } from "../../postgres/rows/relations";
import { faultpoint } from "../../postgres/connect/faultpoint";
import { requireSpace, estimateSpoolBytes } from "../store/disk-space";
import { ArchiveContradicted } from "../store/mismatch";
import { type ArchiveJob, type Export, jobOf, describeSubject } from "./archive-job";
import { takeInParts } from "../../jobs/in-parts";
import { writeEntry } from "../../jobs/journal";
import type { ChunkCodec, EncodedChunk } from "../codec/spool/chunk-codec";
import { ChunkTooLarge } from "../codec/spool/codec-errors";
import { openCodecOf } from "../codec/open-codec";
import { Progress } from "../../jobs/progress";
import { hashContent } from "../store/read";
import type { StoredObject } from "../store/store";
import { makeWorkFolder } from "../../jobs/work-folder";

/** Part that is stored and proved. */
export interface StoredPart extends PartRecord {
  readonly version?: string | undefined;
}

/**
 * Brings every row of the table into the store, in parts of bounded size: parts of earlier runs are checked and reused, the rest
 * is exported. While one part is proved and uploaded the next one is read, so two of them are on the disk.
 */
export async function exportParts(
  job: ArchiveJob,
  current: Export,
  state: ArchiveState,
  known: readonly PartRecord[],
): Promise<StoredPart[]> {
  const directory = await makeWorkFolder("archive");
  const maxTextBytes = job.settings.spoolMegabytes * 1_000_000;
  try {
    await requireSpace(directory, estimateSpoolBytes(maxTextBytes, getEncoding(current)), describeSubject(job));
    const columns = await readColumns(job.work.database, job.away.oid);
    const codec = await openCodecOf(getEncoding(current), chooseParquetColumns(columns), { directory, maxTextBytes });
    try {
      return await new Exporter(job, current, state, columns, codec, directory, maxTextBytes).run(known);
    } finally {
      await codec.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function getEncoding({ detail }: Export): ArchiveEncoding {
  return detail.encoding ?? "parquet";
}

/** Exports the rows of one table, in one run. */
class Exporter {
  private readonly progress: Progress;
  private readonly parts: StoredPart[] = [];
  private finishing: Promise<void> = Promise.resolve();
  /** Number of the last part begun. */
  private last = 0;

  constructor(
    private readonly job: ArchiveJob,
    private readonly current: Export,
    private readonly state: ArchiveState,
    private readonly columns: readonly RowColumn[],
    private readonly codec: ChunkCodec,
    private readonly directory: string,
    private readonly maxTextBytes: number,
  ) {
    const rows = state.relations.reduce<number | undefined>(
      (sum, relation) => (sum === undefined || relation.rows === null ? undefined : sum + relation.rows),
      0,
    );
    const bytes = state.relations.reduce((sum, relation) => sum + relation.bytes, 0);
    this.progress = new Progress(`archiving ${job.away.partition}`, { rows, bytes }, (text) =>
      job.work.log.status(text),
    );
  }

  private get extension(): string {
    return getExtension(getEncoding(this.current));
  }

  async run(known: readonly PartRecord[]): Promise<StoredPart[]> {
    try {
      this.last = Math.max(0, ...known.map(({ part }) => part));
      for (const part of known) await this.keep(part);
      for (const relation of this.state.relations) await this.exportRelation(relation, known);
      await this.finishing;
    } finally {
      // No upload may be under way when its files are removed.
      await this.finishing.catch(() => undefined);
    }
    return this.parts;
  }

  /** Reuses a part of an earlier run: as recorded in the store, or exported again from the same rows. */
  private async keep(part: PartRecord): Promise<void> {
    const { signal } = this.job.work;
    const found = await this.job.store.head(part.key, { signal });
    if (found) {
      this.parts.push({ ...part, version: (await this.requireSame(part, found)).version });
      this.progress.done(part);
      return;
    }
    const relation = this.state.relations.find((candidate) => candidate.oid === part.relation);
    if (!relation) throw new ArchiveContradicted(`${describeSubject(this.job)}: a table that held rows of it is gone`);
    const range = { first: parseTid(part.first), end: parseTid(part.end) };
    const file = join(this.directory, formatPartName(part.part, this.extension));
    const chunk = await this.encode(relation, range, file);
    if (chunk.textSha256 !== part.textSha256)
      throw new ArchiveContradicted(
        `${describeSubject(this.job)}: rows of ${part.key} are not those that were exported`,
      );
    await this.finish({ ...part, bytes: chunk.fileBytes, sha256: chunk.fileSha256 }, file);
  }

  /** Compares a stored part with its record; reads it if the store does not vouch for its checksum. */
  private async requireSame(part: PartRecord, found: StoredObject): Promise<StoredObject> {
    const sha256 =
      found.sha256 ?? (await hashContent(await this.job.store.get(part.key, { signal: this.job.work.signal })));
    if (sha256 === part.sha256 && found.bytes === part.bytes) return found;
    throw new ArchiveContradicted(
      `"${this.job.store.url}/${part.key}" is not what was stored there: SHA-256 ${sha256} instead of ${part.sha256}`,
    );
  }

  private exportRelation(relation: SizedRelation, known: readonly PartRecord[]): Promise<void> {
    const { maxTextBytes } = this;
    const ends = known.filter((part) => part.relation === relation.oid).map((part) => parseTid(part.end));
    return takeInParts(startWalk(relation, ends, maxTextBytes), {
      maxTextBytes,
      take: (range) => this.encode(relation, range, this.nextFile(range)),
      isTooLarge: (error) => error instanceof ChunkTooLarge,
      handOn: async (range, chunk) => {
        await this.finishing;
        if (chunk.rows > 0) this.begin(relation, range, chunk, this.nextFile(range));
      },
    });
  }

  /** Returns the file of a part that has no number yet. */
  private nextFile({ first }: TidRange): string {
    return join(this.directory, `next-${first.block}-${first.line}.${this.extension}`);
  }

  private encode(relation: SizedRelation, range: TidRange, file: string): Promise<EncodedChunk> {
    const { signal } = this.job.work;
    const request = {
      relation,
      columns: this.columns.map((column) => column.name),
      first: formatTid(range.first),
      end: formatTid(range.end),
      left: "this part was not archived",
    };
    this.progress.reading();
    return exportRows(this.job.work.database, request, { signal, subject: describeSubject(this.job) }, (text) =>
      this.codec.encode(text, file, { signal, onRead: (bytes) => this.progress.read(bytes) }),
    );
  }

  private begin(relation: SizedRelation, range: TidRange, chunk: EncodedChunk, file: string): void {
    this.last += 1;
    const part: PartRecord = {
      part: this.last,
      relation: relation.oid,
      first: formatTid(range.first),
      end: formatTid(range.end),
      rows: chunk.rows,
      textBytes: chunk.textBytes,
      textSha256: chunk.textSha256,
      key: `${this.current.detail.folder}${formatPartName(this.last, this.extension)}`,
      bytes: chunk.fileBytes,
      sha256: chunk.fileSha256,
    };
    this.finishing = this.finish(part, file);
    // Thrown where it is awaited, which may be a whole part later.
    this.finishing.catch(() => undefined);
  }

  /** Proves, records, uploads. The record comes first: every part in the store is a recorded one. */
  private async finish(part: PartRecord, file: string): Promise<void> {
    const { store, work } = this.job;
    await this.prove(part, file);
    await faultpoint(`after proof of part ${part.part}`);
    await writeEntry(work, jobOf(this.job).journal.addPart(this.current, part), work);
    const content = { path: file, bytes: part.bytes, sha256: part.sha256 };
    const stored = await store.put(part.key, content, { signal: work.signal });
    await faultpoint(`after upload of part ${part.part}`);
    await rm(file, { force: true });
    this.parts.push({ ...part, version: stored.version });
    this.progress.done(part);
  }

  /** Fails unless the file yields what the server sent. */
  private async prove(part: PartRecord, file: string): Promise<void> {
    const proof = await this.codec.prove(file, { signal: this.job.work.signal });
    if (proof.textSha256 === part.textSha256 && proof.rows === part.rows) return;
    throw new Error(
      `${describeSubject(this.job)}: part ${part.part} does not return what the server sent (${proof.rows} of ${part.rows} rows). ` +
        "Nothing was stored of it and nothing dropped: please report the types of the table's columns",
    );
  }
}
