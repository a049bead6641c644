// How much a plan does, in one line: of one table, and of all of them.
import { formatBytes } from "../../size";
import { type Lock, LOCK_MODES, type LockMode, type Statement } from "../../sql/statement";
import type { PlanReport } from "../change/plan-types";
import { getTraits, VERB_NAMES, type Verb } from "../change/verbs";
import { formatShortTime } from "./short-time";

type Reports = readonly PlanReport[];

/** A table that is dropped and was never managed: the former one of a conversion. */
export interface DroppedTable {
  /** Estimate. Undefined: never analyzed. */
  readonly rows: number | undefined;
  readonly bytes: number;
}

/**
 * Formats `3 of 5 tables: 3 to detach (~8450 rows, 1.3 MB, can come back until 2027-01-05), 3 to create; strongest lock …`.
 *
 * @param tables number of declared tables
 * @param besides statements of other resources of these tables
 * @param formers former tables that conversions drop
 */
export function describeTotals(
  reports: Reports,
  tables: number,
  besides: readonly Statement[],
  formers: readonly DroppedTable[],
): string {
  const kept = reports.reduce((sum, { deferred }) => sum + deferred.length, 0);
  const only = reports.length === 0 || reports.length === tables;
  const changing = only ? `${tables} tables` : `${reports.length} of ${tables} tables`;
  const counts = reports.length > 0 || formers.length === 0 ? [describeCounts(reports)] : [];
  return [
    `${changing}: ${[...describeFormers(formers), ...counts].join(", ")}`,
    ...(besides.length > 0 ? [`${besides.length} statements of their other resources`] : []),
    ...describeStrongestLock(reports),
    ...(kept > 0 ? [`${kept} due and kept back`] : []),
  ].join("; ");
}

/** Formats `1 former table to drop (~1200 rows, 3 MB)`. */
function describeFormers(formers: readonly DroppedTable[]): string[] {
  if (formers.length === 0) return [];
  const bytes = formers.reduce((total, one) => total + one.bytes, 0);
  const what = formers.length === 1 ? "former table" : "former tables";
  return [`${formers.length} ${what} to drop (${formatKnownRows(formers, "table")}, ${formatBytes(bytes)})`];
}

/** Formats `1 to drop (~1200 rows, 3 MB), 1 to create`; what cannot be taken back comes first. */
export function describeCounts(reports: Reports): string {
  const sum = (count: (report: PlanReport) => number | undefined) =>
    reports.reduce((total, report) => total + (count(report) ?? 0), 0);
  const leaving = (["drop", "archive", "detach"] as const).flatMap((verb) => describeLeaving(reports, verb));
  const moves = [
    ...leaving,
    ...countPart(
      sum(({ restore }) => restore.length),
      "to restore",
    ),
    ...countPart(
      sum(({ createCount }) => createCount),
      "to create",
    ),
    ...countPart(
      sum(({ alignCount }) => alignCount),
      "to align",
    ),
  ];
  const upkeep = VERB_NAMES.filter((verb) =>
    reports.some((report) => report.upkeep.some((item) => item.verb === verb)),
  );
  const prepared = sum(({ prepareCount }) => prepareCount);
  const parts = [
    ...moves,
    ...upkeep.flatMap((verb) => getTraits(verb).inShort ?? []),
    // Each move of a window renews them, so that they are worth a word only alone.
    ...(moves.length === 0 ? countPart(prepared, "coming partitions whose statements to store for the schedule") : []),
  ];
  return parts.length > 0 ? parts.join(", ") : "nothing to do";
}

function countPart(count: number, words: string): string[] {
  return count > 0 ? [`${count} ${words}`] : [];
}

function describeLeaving(reports: Reports, verb: Verb): string[] {
  const entries = reports.flatMap(({ retire }) => retire.filter((entry) => entry.verb === verb));
  if (entries.length === 0) return [];
  const bytes = entries.reduce((total, entry) => total + (entry.bytes ?? 0), 0);
  const dropped = new Set(
    reports.flatMap(({ retire }) => retire.filter((one) => one.verb === "drop").map(({ partition }) => partition)),
  );
  const until = entries.flatMap(({ partition, dropOn }) => (dropOn && !dropped.has(partition) ? [dropOn] : [])).sort();
  const back = verb === "detach" && until[0] !== undefined ? [`can come back until ${formatDay(until[0])}`] : [];
  return [`${entries.length} to ${verb} (${[formatKnownRows(entries), formatBytes(bytes), ...back].join(", ")})`];
}

/** Never writes 0 for rows that nothing has counted. */
export function formatKnownRows(
  entries: readonly { readonly rows?: number | undefined }[],
  what: "partition" | "table" = "partition",
): string {
  const uncounted = entries.filter(({ rows }) => rows === undefined).length;
  const rows = entries.reduce((total, entry) => total + (entry.rows ?? 0), 0);
  if (uncounted === 0) return formatRows(rows);
  const unknown = `rows unknown of ${uncounted} ${uncounted === 1 ? what : `${what}s`} never analyzed`;
  return rows === 0 ? unknown : `${formatRows(rows)} and ${unknown}`;
}

export function formatRows(rows: number): string {
  return `~${rows} rows`;
}

function formatDay(time: string): string {
  return formatShortTime(time).slice(0, "2025-01-01".length);
}

/** Roles of relations that serve readers and writers while a plan runs; partitions that leave do not any more. */
const IN_USE: readonly Lock["role"][] = ["parent", "default", "referenced", "referring"];

/** Returns the strongest lock on relations in use, with the number of tables that take it. */
export function describeStrongestLock(reports: Reports): string[] {
  const modes = reports.map(findStrongest).filter((mode) => mode !== undefined);
  const strongest = pickStrongest(modes);
  if (strongest === undefined) return [];
  const times = modes.filter((mode) => mode === strongest).length;
  return [`strongest lock ${strongest}${reports.length > 1 ? ` (${times} of them)` : ""}`];
}

function findStrongest({ locks }: PlanReport): LockMode | undefined {
  return pickStrongest(locks.filter(({ role }) => IN_USE.includes(role)).map(({ mode }) => mode));
}

function pickStrongest(modes: readonly LockMode[]): LockMode | undefined {
  return [...LOCK_MODES].reverse().find((mode) => modes.includes(mode));
}
