import { setTimeout as sleep } from "node:timers/promises";
import { waitForOldSnapshots } from "../../core/conversion/copy/old-snapshots";
import { Cancelled } from "../../postgres/connect/session-errors";
import type { CopyRecord } from "../../postgres/conversion/journal";
import { listOlderStandbys, readSnapshotHorizon } from "../../postgres/conversion/standby-snapshots";
import { type CopyJob, describeCopy } from "../copy-job";
import { followAll } from "../follow";

/** Between two looks at what standbys report, which they do every ten seconds or so. */
const LOOK_EVERY_MS = 500;

/**
 * Waits, before the swap, for every transaction whose snapshot is older than the copied rows, while changes go on being followed: here,
 * and on the standbys that report theirs. False: the table was emptied, and the copy has to be brought up again.
 */
export async function waitWhileFollowing(job: CopyJob, record: CopyRecord): Promise<boolean> {
  const { emptied } = await followAll(job, record);
  if (emptied) return false;
  let waiting = true;
  const waited = outwaitAll(job).finally(() => (waiting = false));
  // Its failure is reported below; meanwhile it must not count as unhandled.
  waited.catch(() => undefined);
  while (waiting) {
    const followed = await followAll(job, record);
    if (followed.emptied) {
      await waited;
      return false;
    }
    await Promise.race([waited, pause()]).catch(() => undefined);
  }
  await waited;
  return true;
}

async function outwaitAll({ work, source }: CopyJob): Promise<void> {
  const { database, log, signal } = work;
  const subject = `${describeCopy({ source })}: waiting for transactions that began before its rows were copied`;
  log.status(subject);
  const horizon = await readSnapshotHorizon(database);
  const names = { schema: source.table.schema, pending: source.names.pending };
  await database.execute(waitForOldSnapshots(names), { signal, log, subject });
  const deadline = performance.now() + database.waitBudgetMs;
  for (;;) {
    const older = await listOlderStandbys(database, horizon);
    if (older.length === 0) return;
    if (signal.aborted) throw new Cancelled(subject);
    const where = `on ${older.map((name) => `standby "${name}"`).join(", ")}`;
    if (performance.now() > deadline)
      throw new Error(
        `${subject}: one still runs ${where}. End it there, and run the update again; what is copied stays`,
      );
    log.status(`${subject}, ${where}`);
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Between two looks at what is pending, while others are waited for. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
