import { SWAP_BACKUP_WITHIN } from "../../defaults";
import type { BackupSpec } from "../../declare/retention/backup";
import type { DetachedTable } from "../../observed/ledger";
import type { WindowSpec } from "../../declare/table/spec";
import { compareInstants, formatInstant, type Instant } from "../../time/instant";
import { addSpan, formatSpan, requireSpan } from "../../time/span";

/** Answer of the query of `requireBackupSince`. */
export interface BackupFact {
  /** Start of the last good backup; undefined: none exists. */
  readonly at: Instant | undefined;
  /** Reason why the query failed. */
  readonly failed?: string;
}

/** Something that requires a backup, if it is declared. */
export type BackupRequired = Pick<WindowSpec, "requireBackupSince">;

/**
 * Explains why a detached table is not dropped yet; undefined: a backup exists that began after its last possible write, or none
 * is required. An earlier backup may lack its last rows, however recent it is.
 */
export function explainMissingBackup(
  { requireBackupSince: required }: BackupRequired,
  { detachedAt }: Pick<DetachedTable, "detachedAt">,
  backup: BackupFact | undefined,
  now: Instant,
): string | undefined {
  return required && explain(required, backup, now, { what: "dropped", after: detachedAt, since: "it was detached" });
}

/**
 * Explains why the former table of a conversion is not dropped yet; undefined: a backup exists that began after its swap, or none is
 * required.
 */
export function explainNoBackupSince(
  { requireBackupSince: required }: BackupRequired,
  swappedAt: Instant,
  backup: BackupFact | undefined,
  now: Instant,
): string | undefined {
  return required && explain(required, backup, now, { what: "dropped", after: swappedAt, since: "the swap" });
}

/**
 * Explains why a conversion is not swapped yet, or an attached history not taken back; undefined: a recent backup exists, or none is
 * required. The table is written to until then, so no backup can be after its last write: its age decides alone.
 */
export function explainUnprovedSwap(
  { requireBackupSince: required }: BackupRequired,
  backup: BackupFact | undefined,
  now: Instant,
): string | undefined {
  const within = required?.within ?? requireSpan(SWAP_BACKUP_WITHIN);
  return required && explain({ within }, backup, now, { what: "swapped" });
}

function explain(
  { within }: Pick<BackupSpec, "within">,
  backup: BackupFact | undefined,
  now: Instant,
  { what, after, since = "" }: { readonly what: string; readonly after?: Instant; readonly since?: string },
): string | undefined {
  if (backup?.failed !== undefined) return describeFailed(backup.failed, what);
  if (!backup?.at) return "no backup is known (requireBackupSince)";
  const said = `the last backup is of ${formatInstant(backup.at)}`;
  if (after && compareInstants(backup.at, after) < 0) return `${said}, before ${since} (requireBackupSince)`;
  if (within && compareInstants(addSpan(backup.at, within, "UTC"), now) < 0)
    return `${said}, more than ${formatSpan(within)} ago (requireBackupSince)`;
  return undefined;
}

/** Describes a failed query: it keeps everything, and is reported even if nothing waits for it. */
export function describeFailed(because: string, what = "dropped"): string {
  return `the query of requireBackupSince returns no answer (${because}): nothing is ${what}`;
}
