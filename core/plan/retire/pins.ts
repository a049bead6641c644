import type { LedgerEntry } from "../../observed/ledger";
import type { WindowSpec } from "../../declare/table/spec";
import { compareInstants, formatInstant, type Instant, parseInstant } from "../../time/instant";
import { formatInterval, type OpenInterval, overlaps, sameInterval } from "../../time/interval";

/** What keeps a partition in the table that was restored, or is to be: the program, or the command line. */
type PinningSpec = Pick<WindowSpec, "restored" | "confirmDrops">;

/**
 * Why a partition stays although it has expired, because its range is to be there again; undefined: nothing of that kind keeps it.
 * Measured by the clock that decides about retirement, as a hold is.
 */
export function pinOn(
  spec: PinningSpec,
  table: { readonly oid: string; readonly bounds: OpenInterval | undefined },
  ledger: readonly LedgerEntry[],
  now: Instant,
): string | undefined {
  const { bounds, oid } = table;
  if (!bounds) return undefined;
  const declared = restoredNow(spec, bounds, now);
  if (declared) return `kept${untilText(declared.until)}: ${formatInterval(declared.range)} is named in restored`;
  return pinOfLedger(spec, { oid, bounds }, ledger, now);
}

/** The declared range that wants a partition now. */
export function restoredNow(
  spec: Pick<WindowSpec, "restored">,
  bounds: OpenInterval,
  now: Instant,
): WindowSpec["restored"][number] | undefined {
  return spec.restored.find(({ range, until }) => isOpen(until, now) && overlaps(range, bounds));
}

/** Of one that the command line restored; it holds for this very table, and not for a later one of the same range. */
function pinOfLedger(
  spec: PinningSpec,
  table: { readonly oid: string; readonly bounds: OpenInterval },
  ledger: readonly LedgerEntry[],
  now: Instant,
): string | undefined {
  const restored = ledger.find(({ event, oid }) => event === "restored" && oid === table.oid);
  if (!restored?.detail.pinned) return undefined;
  const until = restored.detail.until === undefined ? undefined : parseInstant(restored.detail.until, "UTC");
  if (!isOpen(until, now) || spec.confirmDrops.some((interval) => sameInterval(interval, table.bounds)))
    return undefined;
  const end = `confirmDrops: [${JSON.stringify(formatInterval(table.bounds))}] ends that`;
  return `kept${untilText(until)}: pgpartition restore brought it back; ${end}`;
}

/** What came from an archive is not dropped without one: onExpire "drop" makes none. */
export function whyNotDropped(
  spec: PinningSpec & Pick<WindowSpec, "onExpire">,
  { bounds, oid }: { readonly oid: string; readonly bounds: OpenInterval | undefined },
  ledger: readonly LedgerEntry[],
): string | undefined {
  if (spec.onExpire !== "drop" || !bounds || spec.confirmDrops.some((interval) => sameInterval(interval, bounds)))
    return undefined;
  if (!ledger.some((entry) => entry.event === "restored" && entry.oid === oid)) return undefined;
  return `restored from an archive, and onExpire "drop" would not archive it again; confirmDrops: [${JSON.stringify(formatInterval(bounds))}] drops it all the same`;
}

function isOpen(until: Instant | undefined, now: Instant): boolean {
  return until === undefined || compareInstants(now, until) < 0;
}

function untilText(until: Instant | undefined): string {
  return until === undefined ? "" : ` until ${formatInstant(until)}`;
}
