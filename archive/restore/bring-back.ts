import type { LiveColumn } from "../../core/rows/column-mapping";
import { deriveBranchShape } from "../../core/partition/branch/branch-steps";
import { encodeBranchPath } from "../../core/levels/levels";
import type { DetachedTable, LedgerDetail } from "../../core/observed/ledger";
import type { Creation } from "../../core/plan/create/creation";
import type { ParentShape } from "../../core/partition/carry/parent";
import { formatInterval, toIntervalKey } from "../../core/time/interval";
import { recordLedgerStatement } from "../../postgres/registry/ledger";
import { createPartition } from "../../postgres/work/create-partition";
import type { WorkContext } from "../../postgres/work/work-context";
import { restorePartition } from "./restore-partition";
import type { ObjectStore } from "../store/store";

/** State of the table at one moment, and the partitions to be restored. */
export interface RestoreFacts {
  readonly parent: ParentShape | undefined;
  readonly columns: readonly LiveColumn[];
  readonly detached: readonly DetachedTable[];
  /** Decided on these facts. */
  readonly creations: readonly Creation[];
}

/** Archived partition to be restored, by the program or by the command line. */
interface BringBack {
  readonly work: WorkContext;
  readonly table: { readonly schema: string; readonly table: string };
  readonly wanted: Creation;
  /** Pin that retains it where no program names it. */
  readonly pin?: Pick<LedgerDetail, "pinned" | "until">;
  /** Reads and decides again. */
  readonly look: () => Promise<RestoreFacts>;
  readonly openStore: (manifest: string) => ObjectStore | Promise<ObjectStore>;
}

/**
 * Creates a table from the archive under a lock of its own, because that takes long and partitions must still be created
 * meanwhile, then attaches it under the table's lock. Each half is decided on facts read under its lock, so it is not repeated if
 * another run has done it. Returns true if it was attached here.
 */
export async function bringBack(job: BringBack): Promise<boolean> {
  const lock = { signal: job.work.signal, log: job.work.log };
  const { schema, table } = job.table;
  const { database } = job.work;
  if (job.wanted.kind === "restore")
    await database.withTableLock(schema, `restore of ${job.wanted.partition.name}`, lock, () => readArchive(job));
  return database.withTableLock(schema, table, lock, () => attach(job));
}

async function readArchive(job: BringBack): Promise<void> {
  const { pin, wanted, work } = job;
  const { columns, creations, detached, parent } = await job.look();
  const found = creations.find((one) => isSame(one, wanted));
  if (found?.kind !== "restore" || !parent) return;
  const { archive, partition } = found;
  const unfilled = detached.find(
    (table) =>
      table.awaitsRows &&
      toIntervalKey(table.bounds) === toIntervalKey(partition) &&
      table.branch === getBranchKey(found),
  );
  const above = getParent(parent, found);
  const store = await job.openStore(archive.manifest);
  try {
    const { rows } = await restorePartition({
      work,
      store,
      manifest: archive.manifest,
      parent: unfilled ? { ...above, partitionSchema: unfilled.schema } : above,
      columns,
      partition: unfilled ? { ...partition, name: unfilled.name } : partition,
      tableExists: unfilled !== undefined,
      ...(found.readOnly && pin ? { pin } : {}),
    });
    const range = formatInterval(partition);
    work.log.info(`restored ${partition.name} (${range}): ${rows} rows, as they were archived in ${archive.manifest}`);
  } finally {
    await store.close();
  }
}

/** Attaches the restored table, whichever run restored it. */
async function attach(job: BringBack): Promise<boolean> {
  const { table, wanted, work } = job;
  const { creations, parent } = await job.look();
  const found = creations.find((one) => isSame(one, wanted));
  if (found?.kind !== "attach" || !parent) return false;
  if (wanted.kind === "attach" && found.readOnly) await pinDetached(job, found.detached);
  await createPartition(work, getParent(parent, found), found);
  work.database.invalidate(table.schema, table.table);
  const how = found.readOnly ? ", read-only" : "";
  work.log.info(`attached ${found.detached.name} (${formatInterval(found.partition)})${how}`);
  return true;
}

/** Records the pin of a detached table that still exists: it was not restored by this run, which would have recorded it. */
async function pinDetached({ pin, table, work }: BringBack, away: DetachedTable): Promise<void> {
  if (!pin) return;
  const { bounds, branch, name: partition, schema: partitionSchema } = away;
  const detail = { ...(away.toArchive ? { archive: true as const } : {}), ...pin };
  const entry = { ...table, partition, partitionSchema, branch, bounds, run: work.run, detail };
  const record = recordLedgerStatement(work.management, { ...entry, event: "restored" });
  const subject = `pinning "${partitionSchema}"."${partition}"`;
  await work.database.execute([record], { signal: work.signal, log: work.log, subject });
}

function getParent(table: ParentShape, creation: Creation): ParentShape {
  return creation.branch ? deriveBranchShape(table, creation.branch) : table;
}

function isSame(one: Creation, other: Creation): boolean {
  return toIntervalKey(one.partition) === toIntervalKey(other.partition) && getBranchKey(one) === getBranchKey(other);
}

function getBranchKey(creation: Creation): string {
  return encodeBranchPath(creation.branch?.path ?? []);
}
