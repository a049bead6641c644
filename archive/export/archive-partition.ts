import { archiveFolder } from "../../core/store/layout";
import { extensionOf } from "../../core/declare/archive/formats";
import { fenceStatement } from "../../core/partition/statements/retire";
import { type ArchiveState, fencedStatement, readArchiveState } from "../../postgres/journal/archive-records";
import { RowsMoved } from "../../postgres/copy/export-rows";
import { faultpoint } from "../../postgres/connect/faultpoint";
import { ArchiveContradicted } from "../store/mismatch";
import { completeArchive, type CompletedArchive } from "./complete";
import { exportParts } from "./export-parts";
import { type ArchiveJob, type Export, record, subjectOf } from "../job/job";
import { recheckParts } from "./recheck";
import { ObjectConflict } from "../store/errors";

/**
 * Archives one detached table: closes it to writers, exports it part by part, proves each part, and writes the manifest last. The
 * ledger and the parts record every step, so a killed run resumes. Deletes neither rows nor objects. The caller holds the
 * archive's own lock, not that of the table: this takes long.
 */
export async function archivePartition(job: ArchiveJob): Promise<CompletedArchive> {
  try {
    return await archiveOnce(job);
  } catch (error) {
    if (!(error instanceof ArchiveContradicted || error instanceof RowsMoved)) throw error;
    job.work.log.warn(`${error.message}; it is archived again, as another generation`);
    return archiveOnce(job);
  }
}

async function archiveOnce(job: ArchiveJob): Promise<CompletedArchive> {
  try {
    return await archive(job);
  } catch (error) {
    // An archive that is known to be useless is never resumed, by this run or a later one.
    if (error instanceof ObjectConflict || error instanceof RowsMoved || error instanceof ArchiveContradicted)
      await record(job, { event: "doubted", detail: { because: error.message, renew: true } });
    throw error;
  }
}

async function archive(job: ArchiveJob): Promise<CompletedArchive> {
  const before = await readArchiveState(job.work.database, job.away, job.store.url);
  const stood = before.fenced !== undefined && before.fenced === before.fence;
  if (!stood) await putUpFence(job);
  const state = stood ? before : await readArchiveState(job.work.database, job.away, job.store.url);
  const current = await currentExport(job, state);
  // Without a fence rows may have been written since: the earlier export is compared with the rows as they are now.
  if (!stood && current.resumed) await recheckParts(job, state);
  await job.store.abortUploads(current.export.detail.folder, { signal: job.work.signal });
  const parts = await exportParts(job, current.export, state, current.resumed ? state.parts : []);
  return completeArchive(job, current.export, parts);
}

async function putUpFence(job: ArchiveJob): Promise<void> {
  const { away, work } = job;
  const leaf = { schema: away.partitionSchema, name: away.partition };
  const fence = fenceStatement({ management: work.management, references: job.references }, leaf);
  const record = { ...fencedStatement(work.management, away, work.run), transaction: fence.transaction };
  await work.database.execute([fence, record], {
    signal: work.signal,
    log: work.log,
    subject: `closing "${away.partitionSchema}"."${away.partition}" to writers`,
  });
  await faultpoint(`after fence of ${away.partition}`);
}

/** Returns the earlier export if it can be resumed, else a new one. */
async function currentExport(
  job: ArchiveJob,
  state: ArchiveState,
): Promise<{ readonly export: Export; readonly resumed: boolean }> {
  const { away, store, work } = job;
  const filenodes = Object.fromEntries(state.relations.map(({ oid, filenode }) => [oid, filenode]));
  const known = state.export;
  if (known && canGoOn(job, state, filenodes)) {
    const { id, at, run, detail } = known;
    return { export: { id, detail, startedAt: at, run, fence: state.fence }, resumed: true };
  }
  const generation = state.generation + 1;
  const { database } = await work.database.identity();
  const place = { database, schema: away.schema, table: away.table, path: job.path, bounds: away.bounds };
  const folder = archiveFolder({ ...place, generation });
  const { format } = job.settings;
  const form = format === "parquet" ? {} : { encoding: format };
  const detail = { generation, store: store.url, folder, ...form, filenodes };
  await record(job, { event: "exporting", detail });
  const begun = (await readArchiveState(work.database, away, store.url)).export;
  if (begun?.detail.generation !== generation)
    throw new Error(`${subjectOf(job)}: another update has begun an archive of it; run the update again`);
  return { export: { id: begun.id, detail, startedAt: begun.at, run: begun.run, fence: state.fence }, resumed: false };
}

/** Returns true if the export went to the same store, in the same form, from rows in the same files, and was not found faulty. */
function canGoOn(job: ArchiveJob, state: ArchiveState, filenodes: Readonly<Record<string, string>>): boolean {
  const known = state.export;
  if (!known || known.detail.store !== job.store.url) return false;
  const { format } = job.settings;
  if ((known.detail.encoding ?? "parquet") !== format) return false;
  // An earlier version used other forms and names.
  if (known.detail.stem !== undefined) return false;
  if (!state.parts.every((part) => part.key.endsWith(`.${extensionOf(format)}`))) return false;
  if (state.last === "doubted" && state.renew) return false;
  return Object.entries(filenodes).every(([oid, filenode]) => known.detail.filenodes[oid] === filenode);
}
