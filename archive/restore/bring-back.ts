import type { LiveColumn } from "../../core/rows/column-mapping";
import { branchShape } from "../../core/partition/branch/create-branch";
import { branchKey } from "../../core/levels/levels";
import type { DetachedTable, LedgerDetail } from "../../core/observed/ledger";
import type { Creation } from "../../core/plan/create/creation";
import type { ParentShape } from "../../core/partition/carry/parent";
import { formatInterval, intervalKey } from "../../core/time/interval";
import { ledgerStatement } from "../../postgres/registry/registry";
import { createPartition } from "../../postgres/work/create-partition";
import type { WorkContext } from "../../postgres/work/context";
import { restorePartition } from "./restore-partition";
import type { ObjectStore } from "../store/store";

/** The table as it is at one moment, and what is to come back into it. */
export interface RestoreFacts {
  readonly parent: ParentShape | undefined;
  readonly columns: readonly LiveColumn[];
  readonly detached: readonly DetachedTable[];
  /** Decided on these facts. */
  readonly creations: readonly Creation[];
}

/** One archived partition that comes back, by the program or by the command line. */
interface BringBack {
  readonly work: WorkContext;
  readonly table: { readonly schema: string; readonly table: string };
  readonly wanted: Creation;
  /** What keeps it where no program names it. */
  readonly pin?: Pick<LedgerDetail, "pinned" | "until">;
  /** Reads and decides anew. */
  readonly look: () => Promise<RestoreFacts>;
  readonly openStore: (manifest: string) => ObjectStore | Promise<ObjectStore>;
}

/**
 * Makes a table of the archive under a lock of its own, because that takes long and partitions must go on being made, then
 * attaches it under the table's. Each half is decided on facts read under its lock, so that one that another run has done is not
 * done again. Gives whether it was attached here.
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
  const half = detached.find(
    (table) => table.half && intervalKey(table.bounds) === intervalKey(partition) && table.branch === keyOf(found),
  );
  const above = parentOf(parent, found);
  const store = await job.openStore(archive.manifest);
  try {
    const { rows } = await restorePartition({
      work,
      store,
      manifest: archive.manifest,
      parent: half ? { ...above, leafSchema: half.schema } : above,
      columns,
      partition: half ? { ...partition, name: half.name } : partition,
      half: half !== undefined,
      ...(found.readOnly && pin ? { pin } : {}),
    });
    const range = formatInterval(partition);
    work.log.info(`restored ${partition.name} (${range}): ${rows} rows, as they were archived in ${archive.manifest}`);
  } finally {
    await store.close();
  }
}

/** The table that is there now, by whichever run it was restored. */
async function attach(job: BringBack): Promise<boolean> {
  const { table, wanted, work } = job;
  const { creations, parent } = await job.look();
  const found = creations.find((one) => isSame(one, wanted));
  if (found?.kind !== "attach" || !parent) return false;
  if (wanted.kind === "attach" && found.readOnly) await pinDetached(job, found.detached);
  await createPartition(work, parentOf(parent, found), found);
  work.database.invalidate(table.schema, table.table);
  const how = found.readOnly ? ", read-only" : "";
  work.log.info(`attached ${found.detached.name} (${formatInterval(found.partition)})${how}`);
  return true;
}

/** One whose table is still there was not restored by us, so that its pin is entered here. */
async function pinDetached({ pin, table, work }: BringBack, away: DetachedTable): Promise<void> {
  if (!pin) return;
  const { bounds, branch, name: partition, schema: partitionSchema } = away;
  const detail = { ...(away.toArchive ? { archive: true as const } : {}), ...pin };
  const entry = { ...table, partition, partitionSchema, branch, bounds, run: work.run, detail };
  const record = ledgerStatement(work.management, { ...entry, event: "restored" });
  const subject = `pinning "${partitionSchema}"."${partition}"`;
  await work.database.execute([record], { signal: work.signal, log: work.log, subject });
}

function parentOf(table: ParentShape, creation: Creation): ParentShape {
  return creation.branch ? branchShape(table, creation.branch) : table;
}

function isSame(one: Creation, other: Creation): boolean {
  return intervalKey(one.partition) === intervalKey(other.partition) && keyOf(one) === keyOf(other);
}

function keyOf(creation: Creation): string {
  return branchKey(creation.branch?.path ?? []);
}
