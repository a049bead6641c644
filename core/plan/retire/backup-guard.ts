import type { DetachedTable } from "../../observed/ledger";
import type { WindowSpec } from "../../declare/table/spec";
import { compareInstants, formatInstant, type Instant } from "../../time/instant";
import { addSpan, formatSpan } from "../../time/span";

/** Answer of the query of `requireBackupSince`. */
export interface BackupFact {
  /** Start of the last good backup; undefined: none exists. */
  readonly at: Instant | undefined;
  /** Reason why the query failed. */
  readonly failed?: string;
}

/**
 * Explains why a detached table is not dropped yet; undefined: a backup exists that began after its last possible write, or none
 * is required. An earlier backup may lack its last rows, however recent it is.
 */
export function explainMissingBackup(
  spec: Pick<WindowSpec, "requireBackupSince">,
  table: Pick<DetachedTable, "detachedAt">,
  backup: BackupFact | undefined,
  now: Instant,
): string | undefined {
  const required = spec.requireBackupSince;
  if (!required) return undefined;
  if (backup?.failed !== undefined) return describeFailed(backup.failed);
  if (!backup?.at) return "no backup is known (requireBackupSince)";
  const said = `the last backup is of ${formatInstant(backup.at)}`;
  if (compareInstants(backup.at, table.detachedAt) < 0) return `${said}, before it was detached (requireBackupSince)`;
  if (required.within && compareInstants(addSpan(backup.at, required.within, "UTC"), now) < 0)
    return `${said}, more than ${formatSpan(required.within)} ago (requireBackupSince)`;
  return undefined;
}

/** Describes a failed query: it keeps everything, and is reported even if nothing waits for it. */
export function describeFailed(because: string): string {
  return `the query of requireBackupSince returns no answer (${because}): nothing is dropped`;
}
