import type { LedgerEntry } from "../ledger";
import type { Problem } from "../problem";
import type { WindowSpec } from "../spec/spec";
import { formatInterval, intervalKey } from "../time/interval";
import { formatTableId } from "../names/resource-id";
import { type ByteLimit, claimsOf, overByteLimit } from "./byte-limit";
import { isConfirmed, whyOdd } from "./guards";
import type { Retirement } from "./retiring";

/** What more than one update retires, with the reason why it waits. */
export function overLimit(retirements: readonly Retirement[], spec: WindowSpec): Retirement[] {
  const why = `waits for the next update, because one retires at most ${spec.maxDropsPerUpdate} intervals (maxDropsPerUpdate)`;
  return retirements.map((retirement) => ({ ...retirement, reason: `${retirement.reason}; ${why}` }));
}

/**
 * Confirmed ones all, of the others as many as one update may retire. One that does not fit ends it, so that what spans several
 * intervals is not overtaken for ever.
 */
export function oldestFirst(
  retirements: readonly Retirement[],
  spec: WindowSpec,
  ledger: readonly LedgerEntry[],
): { due: Retirement[]; over: Retirement[] } {
  // Intervals of the table, not leaves: with levels an interval has one in each branch.
  const allowed = new Set<string>();
  let left = spec.maxDropsPerUpdate;
  const due: Retirement[] = [];
  const over: Retirement[] = [];
  for (const retirement of retirements) {
    const interval = intervalKey(retirement.bounds);
    const { intervals = 1 } = retirement;
    if (isConfirmed(retirement.bounds, spec, ledger) || allowed.has(interval)) due.push(retirement);
    else if (over.length === 0 && intervals <= left) {
      allowed.add(interval);
      left -= intervals;
      due.push(retirement);
    } else over.push(retirement);
  }
  return { due, over };
}

/**
 * A declared cut that is not confirmed: of more intervals than one update may retire, for which all of them are to be confirmed;
 * or of a partition that is no such interval, for which that one is.
 */
export function cutProblems(spec: WindowSpec, cut: readonly Retirement[], ledger: readonly LedgerEntry[]): Problem[] {
  const open = ({ bounds }: Retirement): boolean => !isConfirmed(bounds, spec, ledger);
  const regular = cut.filter((step) => whyOdd(spec, step) === undefined);
  const odd = cut.filter((step) => !regular.includes(step) && open(step));
  const many = countOf(regular) > spec.maxDropsPerUpdate && regular.some(open);
  if (!many && odd.length === 0) return [];
  const named = many ? cut : odd;
  const bounds = [...new Set(named.map((step) => JSON.stringify(formatInterval(step.bounds))))];
  const rows = named.reduce((sum, step) => sum + (step.rows ?? 0), 0);
  const what = many
    ? `${countOf(regular)} intervals at once`
    : `${bounds.length === 1 ? "a partition that is" : `${bounds.length} that are`} no interval of the grid`;
  const names = [named[0], named.slice(1).at(-1)].flatMap((step) => step?.partition ?? []);
  return [
    {
      path: "retention",
      code: "declared-cut",
      message:
        `the declared window of "${spec.schema}.${spec.table}" became smaller and would retire ${what} ` +
        `(about ${rows} rows: ${names.join(" to ")}); maxDropsPerUpdate is ${spec.maxDropsPerUpdate}.` +
        odd.map((step) => ` Of "${step.partition}": ${whyOdd(spec, step) ?? ""}.`).join(""),
      fix: `If that is meant, confirm these bounds: confirmDrops: [${bounds.join(", ")}]. Otherwise restore the retention.`,
    },
  ];
}

/** Each interval once: with levels every branch has a leaf of it. */
function countOf(steps: readonly Retirement[]): number {
  const each = new Map(steps.map(({ bounds, intervals = 1 }) => [intervalKey(bounds), intervals]));
  return [...each.values()].reduce((sum, intervals) => sum + intervals, 0);
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
