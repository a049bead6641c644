/** A transaction this old is reported: waiting for it takes a time that a user notices. */
export const OLD_TRANSACTION_SECONDS = 10;

/** A slot this far behind retains so much WAL that an index build could fill the disk. */
export const LAGGING_SLOT_MEGABYTES = 1024;

/** A standby this far behind is delayed by queries or the network, and replays locks later. */
export const LAGGING_STANDBY_SECONDS = 10;

/** Columns of queries/table.sql about obstacles. */
export interface ObstacleRow {
  readonly old_transactions:
    readonly { pid: number; application: string | null; state: string | null; seconds: number }[] | null;
  readonly old_prepared: readonly { gid: string; seconds: number }[] | null;
  readonly lagging_slots: readonly { slot_name: string; megabytes: number }[] | null;
  readonly lagging_standbys: readonly { standby: string; seconds: number; feedback: boolean }[] | null;
}

/** Returns the current obstacles to changes of one table, one sentence each. */
export function describeObstacles(row: ObstacleRow): string[] {
  return [
    ...(row.old_transactions ?? []).map(
      (old) =>
        `pid ${old.pid} ("${old.application ?? "unnamed"}"${old.state === null ? "" : `, ${old.state}`}) has held a lock on the table for up to ` +
        `${formatDuration(old.seconds)}: strong locks and concurrent detaches wait until its transaction ends.`,
    ),
    ...(row.old_prepared ?? []).map(
      (old) =>
        `the prepared transaction "${old.gid}" has held a lock on the table for ${formatDuration(old.seconds)}: ` +
        "it remains until COMMIT PREPARED or ROLLBACK PREPARED.",
    ),
    ...(row.lagging_slots ?? []).map(
      (slot) =>
        `the replication slot "${slot.slot_name}" is ${slot.megabytes} MB behind: index builds add to the WAL that it retains.`,
    ),
    ...(row.lagging_standbys ?? []).map(
      (standby) =>
        `the standby "${standby.standby}" is ${formatDuration(standby.seconds)} behind${standby.feedback ? " and feeds back old snapshots" : ""}: ` +
        "it sees changes and their locks that much later.",
    ),
  ];
}

/** Returns `45 s`, `12 min`, `3 h`: enough to decide whether to wait. */
export function formatDuration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}
