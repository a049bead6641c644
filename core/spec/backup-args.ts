import type { Span } from "../time/span";

/** Which backup has to be there before rows go. */
export interface BackupArgs {
  /**
   * One SELECT of one value, a timestamptz: when the last good backup **began**, as your backups write it down. NULL or no row
   * means none. Runs as the connected role in a read-only transaction, in preview and again under the lock of the drop.
   *
   * @example "SELECT max(started_at) FROM ops.backups WHERE succeeded"
   */
  readonly query: string;
  /** Greatest age of that backup. @default none: it only has to have begun after the partition was detached */
  readonly within?: Span;
}
