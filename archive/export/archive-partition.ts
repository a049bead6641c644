import { formatArchiveFolder } from "../../core/store/layout";
import { getExtension } from "../../core/declare/archive/formats";
import { fenceStatement } from "../../core/partition/statements/retire-statements";
import {
  type ArchiveState,
  type ExportDetail,
  recordFencedStatement,
  readArchiveState,
  type PartRecord,
} from "../../postgres/archive/archive-records";
import { RowsMoved, exportRows } from "../../postgres/rows/export-rows";
import { faultpoint } from "../../postgres/connect/faultpoint";
import { ArchiveContradicted } from "../store/mismatch";
import { completeArchive, type CompletedArchive } from "./complete";
import { exportParts } from "./export-parts";
import { type ArchiveJob, jobOf, describeSubject } from "./archive-job";
import { runJob } from "../../jobs/run-job";
import { resumeOrBegin } from "../../jobs/resume";
import { ObjectConflict } from "../store/store-errors";
import { readColumns } from "../../postgres/rows/read-columns";
import { hashContent } from "../store/read";

/**
 * Archives one detached table: closes it to writers, exports it part by part, proves each part, and writes the manifest last. The
 * ledger and the parts record every step, so a killed run resumes. Deletes neither rows nor objects. The caller holds the
 * archive's own lock, not that of the table: this takes long.
 */
export function archivePartition(archive: ArchiveJob): Promise<CompletedArchive> {
  return runJob(jobOf(archive), FINDINGS, () => archiveOnce(archive));
}

const FINDINGS = {
  isUseless: (error: unknown): error is Error => error instanceof ObjectConflict || isContradicted(error),
  isWorthAgain: isContradicted,
  again: "it is archived anew, as another generation",
};

function isContradicted(error: unknown): error is Error {
  return error instanceof ArchiveContradicted || error instanceof RowsMoved;
}

async function archiveOnce(job: ArchiveJob): Promise<CompletedArchive> {
  const before = await readArchiveState(job.work.database, job.away, job.store.url);
  const stood = before.fenced !== undefined && before.fenced === before.fence;
  if (!stood) await putUpFence(job);
  const state = stood ? before : await readArchiveState(job.work.database, job.away, job.store.url);
  const { begun, resumed } = await resumeOrBegin(jobOf(job), canGoOn(job, state) ? state.export : undefined, {
    detail: () => newDetail(job, state),
    isOwn: (recorded, own) => recorded.generation === own.generation,
    noun: "an archive of it",
  });
  // Without a fence rows may have been written since: the earlier export is compared with the rows as they are now.
  if (!stood && resumed) await recheckParts(job, state);
  await job.store.abortUploads(begun.detail.folder, { signal: job.work.signal });
  const current = { ...begun, fence: state.fence };
  const parts = await exportParts(job, current, state, resumed ? state.parts : []);
  return completeArchive(job, current, parts);
}

async function putUpFence(job: ArchiveJob): Promise<void> {
  const { away, work } = job;
  const partition = { schema: away.partitionSchema, name: away.partition };
  const fence = fenceStatement({ management: work.management, references: job.references }, partition);
  const record = { ...recordFencedStatement(work.management, away, work.run), transaction: fence.transaction };
  await work.database.execute([fence, record], {
    signal: work.signal,
    log: work.log,
    subject: `closing "${away.partitionSchema}"."${away.partition}" to writers`,
  });
  await faultpoint(`after fence of ${away.partition}`);
}

/** Returns the facts of a new export. */
async function newDetail(
  { away, path, settings, store, work }: ArchiveJob,
  state: ArchiveState,
): Promise<ExportDetail> {
  const generation = state.generation + 1;
  const { database } = await work.database.readIdentity();
  const folder = formatArchiveFolder({
    database,
    schema: away.schema,
    table: away.table,
    path,
    bounds: away.bounds,
    generation,
  });
  const { format } = settings;
  const form = format === "parquet" ? {} : { encoding: format };
  return { generation, store: store.url, folder, ...form, filenodes: filenodesOf(state) };
}

function filenodesOf({ relations }: ArchiveState): Record<string, string> {
  return Object.fromEntries(relations.map(({ oid, filenode }) => [oid, filenode]));
}

/** Returns true if the export went to the same store, in the same form, from rows in the same files, and was not found faulty. */
function canGoOn(job: ArchiveJob, state: ArchiveState): boolean {
  const known = state.export;
  if (!known || known.detail.store !== job.store.url) return false;
  const { format } = job.settings;
  if ((known.detail.encoding ?? "parquet") !== format) return false;
  // An earlier version used other forms and names.
  if (known.detail.stem !== undefined) return false;
  if (!state.parts.every((part) => part.key.endsWith(`.${getExtension(format)}`))) return false;
  if (state.last === "doubted" && state.renew) return false;
  return Object.entries(filenodesOf(state)).every(([oid, filenode]) => known.detail.filenodes[oid] === filenode);
}

/**
 * Compares the export with the rows as they are now, by a new hash of each part, after the fence was open in between. Reads the
 * table once more, and writes nothing.
 */
async function recheckParts(job: ArchiveJob, state: ArchiveState): Promise<void> {
  const columns = (await readColumns(job.work.database, job.away.oid)).map((column) => column.name);
  for (const [index, part] of state.parts.entries()) {
    job.work.log.status(
      `${job.away.partition} was open to writers: comparing part ${index + 1} of ${state.parts.length}`,
    );
    await recheck(job, state, part, columns);
  }
}

async function recheck(
  job: ArchiveJob,
  state: ArchiveState,
  part: PartRecord,
  columns: readonly string[],
): Promise<void> {
  const relation = state.relations.find((candidate) => candidate.oid === part.relation);
  if (!relation) throw new ArchiveContradicted(`${describeSubject(job)}: a table that held rows of it is gone`);
  const { signal } = job.work;
  const options = { signal, subject: `comparing "${relation.schema}"."${relation.name}" with its archive` };
  const request = { relation, columns, first: part.first, end: part.end, left: "this part was not compared" };
  const sha256 = await exportRows(job.work.database, request, options, hashContent);
  if (sha256 === part.textSha256) return;
  throw new ArchiveContradicted(
    `${describeSubject(job)}: the fence was open, and rows of ${part.key} are not those that were exported`,
  );
}
