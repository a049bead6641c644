import type { LedgerEntry } from "../../observed/ledger";
import { formatInterval, type OpenInterval, overlaps, isSameInterval } from "../../time/interval";

/** A complete archive of one range, according to the ledger. */
export interface ArchivedRange {
  /** Its key in the store. */
  readonly manifest: string;
  readonly rows: number | undefined;
  readonly bytes: number | undefined;
  /** Former name of the partition. */
  readonly partition: string;
}

/**
 * Returns the entries after the last destroy: a destroyed table that is declared again is a new one, and losses of its namesake
 * return to no window.
 */
export function listSinceDestroyed(ledger: readonly LedgerEntry[]): readonly LedgerEntry[] {
  const last = ledger.map((entry) => entry.event).lastIndexOf("destroying");
  return ledger.slice(last + 1);
}

/** Returns the last archive of exactly this range. */
export function findLatestArchive(range: OpenInterval, ledger: readonly LedgerEntry[]): ArchivedRange | undefined {
  const found = ledger.filter((entry) => entry.event === "archived" && isSameInterval(entry.bounds, range)).at(-1);
  if (found?.detail.manifest === undefined) return undefined;
  const { manifest, rows, bytes } = found.detail;
  return { manifest, rows, bytes, partition: found.partition };
}

/** Lists the manifests of the archives of a range. */
export function listManifests(range: OpenInterval, ledger: readonly LedgerEntry[]): string[] {
  return ledger.flatMap((entry) =>
    entry.event === "archived" && overlaps(entry.bounds, range) ? (entry.detail.manifest ?? []) : [],
  );
}

/** States how the rows of a dropped range come back, with the exact words to declare. */
export function explainRestoring(range: OpenInterval, ledger: readonly LedgerEntry[]): string {
  const archive = findLatestArchive(range, ledger);
  if (archive)
    return `To have its rows as a partition: restored: [${JSON.stringify(formatInterval(range))}] brings them back from ${archive.manifest}.`;
  const archives = listManifests(range, ledger);
  if (archives.length === 0) return "To have its rows, restore them from a backup first.";
  return `To have its rows, restore ${archives.join(", ")} as tables with \`pgpartition restore\`: their grid is another one.`;
}
