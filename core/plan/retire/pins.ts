import type { LedgerEntry } from "../../observed/ledger";
import type { WindowSpec } from "../../declare/table/spec";
import { compareInstants, formatInstant, type Instant, parseInstant } from "../../time/instant";
import { formatInterval, type OpenInterval, overlaps, isSameInterval } from "../../time/interval";

/** Settings that keep a restored partition, or one to be restored, in the table: by the program, or by the command line. */
type PinningSpec = Pick<WindowSpec, "restored" | "confirmDrops">;

/**
 * Explains why a partition stays although it has expired, because its range is restored; undefined: nothing of that kind keeps
 * it. Measured by the clock that decides about retirement, as a hold is.
 */
export function explainRestored(
  spec: PinningSpec,
  table: { readonly oid: string; readonly bounds: OpenInterval | undefined },
  ledger: readonly LedgerEntry[],
  now: Instant,
): string | undefined {
  const { bounds, oid } = table;
  if (!bounds) return undefined;
  const declared = findRestored(spec, bounds, now);
  if (declared) return `retained${formatUntil(declared.until)}: ${formatInterval(declared.range)} is named in restored`;
  return explainLedgerPin(spec, { oid, bounds }, ledger, now);
}

/** Returns the declared range that wants a partition now. */
export function findRestored(
  spec: Pick<WindowSpec, "restored">,
  bounds: OpenInterval,
  now: Instant,
): WindowSpec["restored"][number] | undefined {
  return spec.restored.find(({ range, until }) => isOpen(until, now) && overlaps(range, bounds));
}

/**
 * Returns the pin of a partition that the command line restored; it applies to this very table, not to a later one of the same
 * range.
 */
function explainLedgerPin(
  spec: PinningSpec,
  table: { readonly oid: string; readonly bounds: OpenInterval },
  ledger: readonly LedgerEntry[],
  now: Instant,
): string | undefined {
  const restored = ledger.find(({ event, oid }) => event === "restored" && oid === table.oid);
  if (!restored?.detail.pinned) return undefined;
  const until = restored.detail.until === undefined ? undefined : parseInstant(restored.detail.until, "UTC");
  if (!isOpen(until, now) || spec.confirmDrops.some((interval) => isSameInterval(interval, table.bounds)))
    return undefined;
  const end = `confirmDrops: [${JSON.stringify(formatInterval(table.bounds))}] ends that`;
  return `retained${formatUntil(until)}: restored by pgpartition restore; ${end}`;
}

/** Explains why a restored partition is not dropped without an archive: onExpire "drop" creates none. */
export function explainNotDropped(
  spec: PinningSpec & Pick<WindowSpec, "onExpire">,
  { bounds, oid }: { readonly oid: string; readonly bounds: OpenInterval | undefined },
  ledger: readonly LedgerEntry[],
): string | undefined {
  if (spec.onExpire !== "drop" || !bounds || spec.confirmDrops.some((interval) => isSameInterval(interval, bounds)))
    return undefined;
  if (!ledger.some((entry) => entry.event === "restored" && entry.oid === oid)) return undefined;
  return `restored from an archive, and onExpire "drop" would not archive it again; confirmDrops: [${JSON.stringify(formatInterval(bounds))}] drops it anyway`;
}

function isOpen(until: Instant | undefined, now: Instant): boolean {
  return until === undefined || compareInstants(now, until) < 0;
}

function formatUntil(until: Instant | undefined): string {
  return until === undefined ? "" : ` until ${formatInstant(until)}`;
}
