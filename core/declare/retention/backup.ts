import { z } from "zod";
import type { Problem } from "../../problems/problem";
import { type ParsedSpan, requireSpan, type Span, formatSpan } from "../../time/span";
import { type Around, defineOption } from "../option/option";
import { nameShape, createSpanShape, spanWire, nameType } from "../option/shapes";
import { parseDeclaredSpan } from "../option/time-text";

/** Backup that must exist before rows are dropped, and before a conversion is swapped. */
export interface BackupArgs {
  /**
   * One SELECT of one value, a timestamptz: the time at which the last good backup **began**, as your backups record it. NULL or
   * no row means none. Runs as the connected role in a read-only transaction, in preview and again under the lock of the drop, or
   * just before the swap.
   *
   * @example "SELECT max(started_at) FROM ops.backups WHERE succeeded"
   */
  readonly query: string;
  /**
   * Greatest age of that backup, when rows are dropped or a conversion is swapped.
   *
   * @default for a drop none: it only has to have begun after the partition was detached; for a swap 48 hours
   */
  readonly within?: Span;
}

/**
 * Backup that every drop requires, and the swap of a conversion.
 *
 * @public
 */
export interface BackupSpec {
  readonly query: string;
  readonly within: ParsedSpan | undefined;
}

export const requireBackupSince = defineOption({
  shape: z.strictObject({ query: nameShape, within: createSpanShape("24 hours").optional() }).optional(),
  wire: nameType("Backup", z.object({ query: nameShape, within: spanWire.optional() })).optional(),
  parse: (declared: BackupArgs | undefined, { problems }: Around<unknown>) =>
    declared && parseBackup(declared, problems),
  toWire: (backup) =>
    backup && { query: backup.query, ...(backup.within ? { within: formatSpan(backup.within) } : {}) },
  fromWire: (wire) =>
    wire && { query: wire.query, within: wire.within === undefined ? undefined : requireSpan(wire.within) },
});

function parseBackup({ query, within }: BackupArgs, problems: Problem[]): BackupSpec {
  return {
    query,
    within: within === undefined ? undefined : parseDeclaredSpan("requireBackupSince.within", within, problems),
  };
}
