import type { Problem } from "../../problems/problem";
import { formatInterval, toIntervalKey } from "../../time/interval";
import { hasExpired } from "../../window/window-partitions";
import { getDecidingHorizon } from "../../window/clocks";
import { countIntervals, isConfirmed, explainOdd } from "./confirmation";
import type { GuardFacts, Judged, KeptBy } from "./guard";
import { findHold } from "./hold-on";
import type { Leaving } from "./retiring";

/**
 * Reports a declared cut that is not confirmed: either of more intervals than one update may retire, all of which need a
 * confirmation, or of a partition that is no such interval, which needs its own.
 */
export function findCutProblems(facts: GuardFacts, judged: readonly Judged[]): Problem[] {
  const { spec, observation } = facts;
  const cut = listCut(facts, judged);
  const isUnconfirmed = ({ bounds }: Leaving): boolean => !isConfirmed(bounds, spec, observation.ledger);
  const regular = cut.filter((table) => explainOdd(spec, table) === undefined);
  const odd = cut.filter((table) => !regular.includes(table) && isUnconfirmed(table));
  const many = countIntervalsOnce(regular) > spec.maxDropsPerUpdate && regular.some(isUnconfirmed);
  if (!many && odd.length === 0) return [];
  const named = many ? cut : odd;
  const bounds = [...new Set(named.map((table) => JSON.stringify(formatInterval(table.bounds))))];
  const rows = named.reduce((sum, table) => sum + (table.rows ?? 0), 0);
  const what = many
    ? `${countIntervalsOnce(regular)} intervals at once`
    : `${bounds.length === 1 ? "a partition that is" : `${bounds.length} that are`} no interval of the grid`;
  const names = [named[0], named.slice(1).at(-1)].flatMap((table) => table?.name ?? []);
  return [
    {
      path: "retention",
      code: "declared-cut",
      message:
        `the declared window of "${spec.schema}.${spec.table}" became smaller and would retire ${what} ` +
        `(about ${rows} rows: ${names.join(" to ")}); maxDropsPerUpdate is ${spec.maxDropsPerUpdate}.` +
        odd.map((table) => ` Of "${table.name}": ${explainOdd(spec, table) ?? ""}.`).join(""),
      fix: `If that is meant, confirm these bounds: confirmDrops: [${bounds.join(", ")}]. Otherwise restore the retention.`,
    },
  ];
}

/** Partitions kept by the program or the day of adoption anyway are no part of a cut. */
const NO_CUT: readonly KeptBy[] = ["wayBack", "split", "hold", "restored", "foreign", "adopted"];

/**
 * Lists partitions that a change of the program let expire. A hold removed from the program is a cut as well; one that has
 * reached its end is not, as only time has passed.
 */
function listCut({ registered, clocks, now }: GuardFacts, judged: readonly Judged[]): Leaving[] {
  if (!registered) return [];
  const before = getDecidingHorizon(registered, clocks);
  return judged
    .filter(({ candidate, keep }) => candidate.kind === "attached" && !(keep && NO_CUT.includes(keep.by)))
    .map(({ candidate }) => candidate.step.table)
    .filter(({ bounds }) => !hasExpired(bounds.to, before) || findHold(registered, bounds, now));
}

/** Counts each interval once: with levels every branch has a partition of it. */
function countIntervalsOnce(tables: readonly Leaving[]): number {
  const each = new Map(tables.map((table) => [toIntervalKey(table.bounds), countIntervals(table)]));
  return [...each.values()].reduce((sum, intervals) => sum + intervals, 0);
}
