import type { LedgerEntry } from "../ledger";
import type { ObservedLeaf } from "../observed";
import type { Problem } from "../problem";
import type { WindowSpec } from "../spec/spec";
import { formatInterval, intervalKey, type OpenInterval, sameInterval } from "../time/interval";
import { formatTableId } from "../names/resource-id";
import { type ByteLimit, claimsOf, overByteLimit } from "./byte-limit";
import { OPEN, type Retirement } from "./retiring";

/** What more than one update retires, with the reason why it waits. */
export function overLimit(retirements: readonly Retirement[], spec: WindowSpec): Retirement[] {
  const why = `waits for the next update, because one retires at most ${spec.maxDropsPerUpdate} intervals (maxDropsPerUpdate)`;
  return retirements.map((retirement) => ({ ...retirement, reason: `${retirement.reason}; ${why}` }));
}

/** Confirmed ones all, of the others as many as one update may retire. */
export function oldestFirst(
  retirements: readonly Retirement[],
  spec: WindowSpec,
  ledger: readonly LedgerEntry[],
): { due: Retirement[]; over: Retirement[] } {
  // Intervals of the table, not leaves: with levels an interval has one in each branch.
  const allowed = new Set<string>();
  const due: Retirement[] = [];
  const over: Retirement[] = [];
  for (const retirement of retirements) {
    const interval = intervalKey(retirement.bounds);
    if (isConfirmed(retirement.bounds, spec, ledger)) due.push(retirement);
    else if (allowed.has(interval) || allowed.size < spec.maxDropsPerUpdate) {
      allowed.add(interval);
      due.push(retirement);
    } else over.push(retirement);
  }
  return { due, over };
}

/** A declared cut that nobody has confirmed. */
export function cutProblem(spec: WindowSpec, cut: readonly ObservedLeaf[]): Problem {
  const bounds = intervalsOf(cut).map((interval) => JSON.stringify(interval));
  const rows = cut.reduce((sum, leaf) => sum + (leaf.rows ?? 0), 0);
  return {
    path: "retention",
    code: "declared-cut",
    message:
      `the declared window of "${spec.schema}.${spec.table}" became smaller and would retire ${bounds.length} intervals at once ` +
      `(about ${rows} rows: ${cut[0]?.name ?? ""} to ${cut.at(-1)?.name ?? ""}); maxDropsPerUpdate is ${spec.maxDropsPerUpdate}.`,
    fix: `If that is meant, confirm these bounds: confirmDrops: [${bounds.join(", ")}]. Otherwise restore the retention.`,
  };
}

/** Each interval once: with levels every branch has a leaf of it. */
export function intervalsOf(leaves: readonly ObservedLeaf[]): string[] {
  return [...new Set(leaves.map((leaf) => formatInterval(leaf.bounds ?? OPEN)))];
}

/** By the program now, or by an earlier one as the ledger tells. */
export function isConfirmed(
  bounds: OpenInterval | undefined,
  spec: WindowSpec,
  ledger: readonly LedgerEntry[],
): boolean {
  if (!bounds) return false;
  return (
    spec.confirmDrops.some((interval) => sameInterval(interval, bounds)) ||
    ledger.some((entry) => entry.event === "approved" && sameInterval(entry.bounds, bounds))
  );
}

/** What one update may take out of all tables together: what is beyond it stays as it is, the chain to its drop as a whole. */
export function within(
  limit: ByteLimit | undefined,
  spec: WindowSpec,
  ledger: readonly LedgerEntry[],
  going: readonly Retirement[],
): { due: readonly Retirement[]; over: readonly Retirement[] } {
  if (!limit) return { due: going, over: [] };
  const table = formatTableId(spec);
  const waiting = overByteLimit(
    claimsOf(table, going, ({ bounds }) => isConfirmed(bounds, spec, ledger)),
    limit,
  );
  return {
    due: going.filter(({ oid }) => !waiting.has(oid)),
    over: going.flatMap((item) => {
      const why = waiting.get(item.oid);
      return why === undefined ? [] : [{ ...item, reason: `${item.reason}; ${why}` }];
    }),
  };
}
