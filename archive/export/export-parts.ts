import { rm } from "node:fs/promises";
import { join } from "node:path";
import { parquetColumns } from "../../core/archive/format/columns";
import { partName } from "../../core/store/layout";
import { type ArchiveEncoding, extensionOf } from "../../core/declare/archive/formats";
import {
  blocksFor,
  compareTids,
  FIRST_TID,
  firstHalf,
  formatTid,
  nextRange,
  parseTid,
  type Tid,
  type TidRange,
} from "../../core/rows/tid";
import {
  type ArchiveState,
  type PartRecord,
  partStatement,
  type RelationFacts,
} from "../../postgres/journal/archive-records";
import { type ArchiveColumn, readArchiveColumns } from "../../postgres/journal/archive-table";
import { faultpoint } from "../../postgres/connect/faultpoint";
import { requireSpace, spoolBytes } from "../store/disk-space";
import { ArchiveContradicted } from "../store/mismatch";
import { type ArchiveJob, type Export, subjectOf } from "../job/job";
import type { ChunkCodec, EncodedChunk } from "../codec/spool/chunk-codec";
import { ChunkTooLarge } from "../codec/spool/errors";
import { openCodecOf } from "../codec/open-codec";
import { Progress } from "../job/progress";
import { sha256Of } from "../store/read";
import type { StoredObject } from "../store/store";
import { makeWorkFolder } from "../job/work-folder";

/** Part that is stored and proved. */
export interface StoredPart extends PartRecord {
  readonly version?: string | undefined;
}

/** Share of the spool that a part is planned to fill: rows differ in length. */
const FILL = 0.7;

/** The first part is small: only then is it known how much text a block yields. */
const FIRST_BLOCKS = 1024;

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
    await requireSpace(directory, spoolBytes(maxTextBytes, encodingOf(current)), subjectOf(job));
    const columns = await readArchiveColumns(job.work.database, job.away.oid);
    const codec = await openCodecOf(encodingOf(current), parquetColumns(columns), { directory, maxTextBytes });
    try {
      return await new Exporter(job, current, state, columns, codec, directory, maxTextBytes).run(known);
    } finally {
      await codec.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function encodingOf({ detail }: Export): ArchiveEncoding {
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
    private readonly columns: readonly ArchiveColumn[],
    private readonly codec: ChunkCodec,
    private readonly directory: string,
    private readonly maxTextBytes: number,
  ) {
    const rows = state.relations.reduce<number | undefined>(
      (sum, relation) => (sum === undefined || relation.rows === null ? undefined : sum + relation.rows),
      0,
    );
    const bytes = state.relations.reduce((sum, relation) => sum + relation.bytes, 0);
    this.progress = new Progress(job.away.partition, { rows, bytes }, (text) => job.work.log.status(text));
  }

  private get extension(): string {
    return extensionOf(encodingOf(this.current));
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
      this.progress.stored(part);
      return;
    }
    const relation = this.state.relations.find((candidate) => candidate.oid === part.relation);
    if (!relation) throw new ArchiveContradicted(`${subjectOf(this.job)}: a table that held rows of it is gone`);
    const range = { first: parseTid(part.first), end: parseTid(part.end) };
    const file = join(this.directory, partName(part.part, this.extension));
    const chunk = await this.encode(relation, range, file);
    if (chunk.textSha256 !== part.textSha256)
      throw new ArchiveContradicted(`${subjectOf(this.job)}: rows of ${part.key} are not those that were exported`);
    await this.finish({ ...part, bytes: chunk.fileBytes, sha256: chunk.fileSha256 }, file);
  }

  /** Compares a stored part with its record; reads it if the store does not vouch for its checksum. */
  private async requireSame(part: PartRecord, found: StoredObject): Promise<StoredObject> {
    const sha256 =
      found.sha256 ?? (await sha256Of(await this.job.store.get(part.key, { signal: this.job.work.signal })));
    if (sha256 === part.sha256 && found.bytes === part.bytes) return found;
    throw new ArchiveContradicted(
      `"${this.job.store.url}/${part.key}" is not what was stored there: SHA-256 ${sha256} instead of ${part.sha256}`,
    );
  }

  private async exportRelation(relation: RelationFacts, known: readonly PartRecord[]): Promise<void> {
    const end: Tid = { block: relation.blocks, line: 0 };
    let first = known
      .filter((part) => part.relation === relation.oid)
      .map((part) => parseTid(part.end))
      .reduce((last, tid) => (compareTids(last, tid) < 0 ? tid : last), FIRST_TID);
    let blocks = Math.min(
      FIRST_BLOCKS,
      blocksFor(this.maxTextBytes / 4, { bytes: relation.bytes, blocks: relation.blocks }),
    );
    while (compareTids(first, end) < 0) {
      const { range, chunk, file } = await this.nextChunk(relation, nextRange(first, blocks, end));
      await this.finishing;
      if (chunk.rows > 0) this.begin(relation, range, chunk, file);
      const read = range.end.block - range.first.block;
      if (chunk.textBytes > 0 && read > 0)
        blocks = blocksFor(this.maxTextBytes * FILL, { bytes: chunk.textBytes, blocks: read });
      else blocks *= 2;
      first = range.end;
    }
  }

  /** Exports as much of the range as fits the spool: if too large, it starts again with half of it. */
  private async nextChunk(
    relation: RelationFacts,
    range: TidRange,
  ): Promise<{ readonly range: TidRange; readonly chunk: EncodedChunk; readonly file: string }> {
    const file = join(this.directory, `next-${range.first.block}-${range.first.line}.${this.extension}`);
    try {
      return { range, chunk: await this.encode(relation, range, file), file };
    } catch (error) {
      await rm(file, { force: true });
      const half = error instanceof ChunkTooLarge ? firstHalf(range) : undefined;
      if (half === undefined) throw error;
      return this.nextChunk(relation, half);
    }
  }

  private encode(relation: RelationFacts, range: TidRange, file: string): Promise<EncodedChunk> {
    const { signal } = this.job.work;
    const request = {
      relation,
      columns: this.columns.map((column) => column.name),
      first: formatTid(range.first),
      end: formatTid(range.end),
    };
    this.progress.reading();
    return this.job.work.database.exportRows(request, { signal, subject: subjectOf(this.job) }, (text) =>
      this.codec.encode(text, file, { signal, onRead: (bytes) => this.progress.read(bytes) }),
    );
  }

  private begin(relation: RelationFacts, range: TidRange, chunk: EncodedChunk, file: string): void {
    this.last += 1;
    const part: PartRecord = {
      part: this.last,
      relation: relation.oid,
      first: formatTid(range.first),
      end: formatTid(range.end),
      rows: chunk.rows,
      textBytes: chunk.textBytes,
      textSha256: chunk.textSha256,
      key: `${this.current.detail.folder}${partName(this.last, this.extension)}`,
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
    await work.database.execute(
      [{ ...partStatement(work.management, this.current.id, part, work.run), transaction: `part ${part.part}` }],
      { signal: work.signal, log: work.log, subject: subjectOf(this.job) },
    );
    const content = { path: file, bytes: part.bytes, sha256: part.sha256 };
    const stored = await store.put(part.key, content, { signal: work.signal });
    await faultpoint(`after upload of part ${part.part}`);
    await rm(file, { force: true });
    this.parts.push({ ...part, version: stored.version });
    this.progress.stored(part);
  }

  /** Fails unless the file yields what the server sent. */
  private async prove(part: PartRecord, file: string): Promise<void> {
    const proof = await this.codec.prove(file, { signal: this.job.work.signal });
    if (proof.textSha256 === part.textSha256 && proof.rows === part.rows) return;
    throw new Error(
      `${subjectOf(this.job)}: part ${part.part} does not return what the server sent (${proof.rows} of ${part.rows} rows). ` +
        "Nothing was stored of it and nothing dropped: please report the types of the table's columns",
    );
  }
}
