import { describeDropFix } from "../../core/archive/fault-words";
import { countStatement } from "../../core/partition/statements/retire-statements";
import type { ArchivedFacts } from "../../core/observed/ledger";
import { type ArchiveState, readArchiveState } from "../../postgres/archive/archive-records";
import { countAll } from "../../postgres/rows/count-all";
import { ArchiveContradicted, ArchiveFault } from "../store/mismatch";
import { type ArchiveJob, toEntry } from "./archive-job";
import { writeEntry } from "../../jobs/journal";
import { type OpenedArchive, openArchive } from "../read/open-archive";
import { readBack } from "../read/read-back";

/** Fields of an archive job that the check before a drop needs. */
type CheckJob = Pick<ArchiveJob, "work" | "store" | "away" | "at"> & {
  readonly settings: Pick<ArchiveJob["settings"], "verify">;
};

/** Thrown if the archive that a drop depends on is not as the ledger recorded it. Nothing was dropped. */
class ArchiveRefused extends Error {
  constructor(
    finding: string,
    /** True if the archive has become useless. */
    readonly renew: boolean,
    archives: boolean,
  ) {
    super(`${finding}. ${describeDropFix(archives, renew)}`);
    this.name = "ArchiveRefused";
  }
}

/**
 * Checks an archive once more before the drop: fence and rows as they were exported, the manifest unchanged, and every object in
 * the store. A difference is recorded, so that the next update archives again. `archives`: the program declares a store for
 * archives, so the next update can. Takes no lock of the table. False: another update has dropped the table meanwhile.
 */
export async function checkArchive(job: CheckJob, archived: ArchivedFacts, isArchiving: boolean): Promise<boolean> {
  const refuse = (finding: string, renew: boolean): never => {
    throw new ArchiveRefused(finding, renew, isArchiving);
  };
  try {
    await requireUnchanged(job, refuse);
    await requireObjects(job, archived, refuse);
    await requireRows(job, archived);
    return true;
  } catch (error) {
    if (await isGone(job)) return false;
    if (error instanceof ArchiveRefused)
      await writeEntry(
        job.work,
        toEntry(job, { event: "doubted", detail: { because: error.message, renew: error.renew } }),
      );
    throw error;
  }
}

async function isGone({ away, store, work }: CheckJob): Promise<boolean> {
  return (await readArchiveState(work.database, away, store.url)).relations.length === 0;
}

type Refuse = (finding: string, renew: boolean) => never;

/** Checks what assert_archived checks again under the lock of the drop. */
async function requireUnchanged(job: CheckJob, refuse: Refuse): Promise<void> {
  const state = await readArchiveState(job.work.database, job.away, job.store.url);
  const name = `"${job.away.partitionSchema}"."${job.away.partition}"`;
  if (state.fenced === undefined || state.fenced !== state.fence)
    refuse(`the fence around ${name} was open since it was archived: rows may have changed`, false);
  if (wasRewritten(state))
    refuse(
      `${name} was rewritten since it was archived: VACUUM FULL, CLUSTER and ALTER TABLE do that, and the last may have changed its rows`,
      true,
    );
}

function wasRewritten({ export: known, relations }: ArchiveState): boolean {
  return relations.some(({ oid, filenode }) => known?.detail.filenodes[oid] !== filenode);
}

/**
 * Checks the objects. With `readBack` every byte is read again, unless this very run has just proved it: since another run, time
 * has passed. Without, the store is asked for its checksums, which a directory computes by reading.
 */
async function requireObjects(job: CheckJob, archived: ArchivedFacts, refuse: Refuse): Promise<void> {
  const { away, settings, store, work } = job;
  const { signal, log } = work;
  const source = { store, place: archived.manifest, ledger: work.database, signal, log };
  try {
    const opened = await openArchive(source);
    if (!opened.known) return refuse(`"${archived.manifest}" is not an archive of the ledger`, true);
    if (opened.known.rows !== archived.rows)
      refuse(`${archived.manifest} was archived with ${opened.known.rows} rows, not ${archived.rows}`, true);
    await lookForParts(job, opened);
    const again = settings.verify === "readBack" && opened.known.run !== work.run;
    if (again && !store.confirm && !store.headReads)
      await readBack({ store, folder: opened.folder, parts: opened.manifest.parts, name: away.partition, signal, log });
    const parts = opened.manifest.parts.map(({ name, rows }) => ({ key: `${opened.folder}${name}`, rows }));
    await store.confirm?.(opened.folder, parts);
  } catch (error) {
    if (error instanceof ArchiveFault) refuse(error.finding, error.kind === "damaged");
    if (error instanceof ArchiveContradicted) refuse(error.message, true);
    throw error;
  }
}

async function lookForParts({ away, store, work }: CheckJob, { folder, manifest }: OpenedArchive): Promise<void> {
  const { signal, log } = work;
  for (const [index, part] of manifest.parts.entries()) {
    log.status(`looking for the archive of ${away.partition}: object ${index + 1} of ${manifest.parts.length}`);
    const key = `${folder}${part.name}`;
    const found = await store.head(key, { signal });
    if (!found) throw new ArchiveFault("gone", `"${store.url}/${key}" is gone`);
    const object = `"${store.url}/${key}" is damaged:`;
    if (found.sha256 !== undefined && found.sha256 !== part.sha256)
      throw new ArchiveFault(
        "damaged",
        `${object} its SHA-256 is ${found.sha256}, in the manifest ${part.sha256} (${found.bytes} and ${part.bytes} bytes)`,
      );
    if (found.bytes !== part.bytes)
      throw new ArchiveFault("damaged", `${object} it has ${found.bytes} bytes, in the manifest ${part.bytes}`);
  }
}

/**
 * Counts the rows outside of any lock, because that grows with the rows: the count cannot change under a fence and a file that
 * are checked once more under the lock. Fewer rows than were archived are no reason to archive the rest: the archive has more.
 */
async function requireRows({ away, work }: CheckJob, archived: ArchivedFacts): Promise<void> {
  const partition = { schema: away.partitionSchema, name: away.partition };
  const rows = await countAll(work.database, countStatement(partition).sql);
  if (rows === archived.rows) return;
  throw new Error(
    `"${partition.schema}"."${partition.name}" holds ${rows} rows and its archive ${archived.rows}, although it was fenced: a crash empties an UNLOGGED table, and a damaged disk loses rows. ` +
      `Nothing was dropped. Where the archive is right, drop the table by hand; its archive ${archived.manifest} remains listed`,
  );
}
