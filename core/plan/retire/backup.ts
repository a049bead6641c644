import type { DetachedTable } from "../../observed/ledger";
import type { WindowSpec } from "../../declare/table/spec";
import { compareInstants, formatInstant, type Instant } from "../../time/instant";
import { addSpan, spanText } from "../../time/span";

/** What the query of `requireBackupSince` answered. */
export interface BackupFact {
  /** When the last good backup began; undefined: there is none. */
  readonly at: Instant | undefined;
  /** Why the query gave no answer. */
  readonly failed?: string;
}

/**
 * Why a detached table is not dropped yet; undefined: a backup that began after nobody could write to it any more is there, or
 * none is asked for. A backup of before may lack its last rows, however young it is.
 */
export function whyNoBackup(
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
    return `${said}, more than ${spanText(required.within)} ago (requireBackupSince)`;
  return undefined;
}

/** A query that cannot be answered keeps everything, and is worth a word even when nothing waits for it. */
export function describeFailed(because: string): string {
  return `the query of requireBackupSince gives no answer (${because}): nothing is dropped`;
}
