import { setTimeout as sleep } from "node:timers/promises";
import { waitForOldSnapshots } from "../../core/conversion/copy/old-snapshots";
import { Cancelled } from "../../postgres/connect/session-errors";
import { listOlderStandbys, readSnapshotHorizon } from "../../postgres/conversion/standby-snapshots";
import type { WorkContext } from "../../postgres/work/work-context";

/** Between two looks at what standbys report, which they do every ten seconds or so. */
const LOOK_EVERY_MS = 500;

/**
 * Waits for every transaction whose snapshot is older than the copied rows: here, and on the standbys that report theirs. Fails once one
 * of a standby still runs after `waitBudgetMs`.
 */
export async function outwaitSnapshots(
  { database, log, signal }: WorkContext,
  names: { readonly schema: string; readonly pending: string },
  subject: string,
): Promise<void> {
  log.status(subject);
  const horizon = await readSnapshotHorizon(database);
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
