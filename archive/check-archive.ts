import { keyInStore } from "../core/archive/layout";
import { type Manifest, ManifestError, parseManifest } from "../core/archive/manifest";
import type { ArchivedFacts } from "../core/ledger";
import { readArchiveState } from "../postgres/archive-records";
import { ArchiveContradicted } from "./errors";
import { type ArchiveJob, record } from "./job";
import { readText } from "./store/read-text";
import type { ObjectStore } from "./store/store";

/** The archive that a drop would stand on is not what the ledger says. */
export class ArchiveMissing extends Error {
  constructor(message: string) {
    super(`${message}. Nothing was dropped; the next update archives it anew`);
    this.name = "ArchiveMissing";
  }
}

/**
 * Looks once more, before a drop, at what the ledger says was archived: the manifest is read, every object asked for, and the
 * fence compared. What is not as it was is written down, so that the next update archives it again.
 */
export async function checkArchive(job: ArchiveJob, archived: ArchivedFacts): Promise<void> {
  try {
    await requireFence(job);
    await requireObjects(job, archived);
  } catch (error) {
    if (error instanceof ArchiveMissing)
      await record(job, {
        event: "doubted",
        detail: { because: error.message, renew: error instanceof ArchiveAltered },
      });
    throw error;
  }
}

/** What lies there is something else: nothing can be stored under its name. */
class ArchiveAltered extends ArchiveMissing {}

async function requireFence(job: ArchiveJob): Promise<void> {
  const state = await readArchiveState(job.work.database, job.away, job.store.url);
  if (state.fenced !== undefined && state.fenced === state.fence) return;
  throw new ArchiveMissing(
    `the fence around "${job.away.partitionSchema}"."${job.away.partition}" was open since it was archived: rows may have changed`,
  );
}

async function requireObjects(job: ArchiveJob, archived: ArchivedFacts): Promise<void> {
  const { signal, log } = job.work;
  const { manifest, folder } = await readManifest(job.store, archived.manifest, signal).catch((error: unknown) => {
    throw error instanceof ManifestError ? new ArchiveAltered(error.message) : error;
  });
  if (manifest.rows !== archived.rows)
    throw new ArchiveAltered(`${archived.manifest} says ${manifest.rows} rows and the ledger ${archived.rows}`);
  for (const [index, part] of manifest.parts.entries()) {
    log.status(`looking for the archive of ${job.away.partition}: object ${index + 1} of ${manifest.parts.length}`);
    const key = `${folder}${part.name}`;
    const found = await job.store.head(key, { signal });
    if (!found) throw new ArchiveMissing(`"${job.store.url}/${key}" is gone`);
    if (found.bytes !== part.bytes || (found.sha256 !== undefined && found.sha256 !== part.sha256))
      throw new ArchiveAltered(`"${job.store.url}/${key}" is not what was stored there`);
  }
  const parts = manifest.parts.map(({ name, rows }) => ({ key: `${folder}${name}`, rows }));
  await job.store.confirm?.(folder, parts).catch((error: unknown) => {
    throw error instanceof ArchiveContradicted ? new ArchiveAltered(error.message) : error;
  });
}

/** Reads a manifest by its place; the folder is that of its parts, below the store's prefix. */
export async function readManifest(
  store: ObjectStore,
  place: string,
  signal?: AbortSignal,
): Promise<{ readonly manifest: Manifest; readonly folder: string }> {
  const key = keyInStore(store.url, place);
  if (key === undefined)
    throw new Error(
      `"${place}" does not lie in "${store.url}": an archive is looked for where the program says. Put archive.to back to where it was until that partition is dropped`,
    );
  const found = await store.head(key, { signal });
  if (!found) throw new ArchiveMissing(`"${place}" is gone`);
  const manifest = parseManifest(await readText(await store.get(key, { signal })), place);
  return { manifest, folder: key.slice(0, key.lastIndexOf("/") + 1) };
}
