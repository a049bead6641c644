import { createHash } from "node:crypto";
import { MAX_LISTED_DROPS } from "../../defaults";
import type { WindowSpec } from "../../declare/table/spec";
import { type Statement, listHazards, findStrongestLocks } from "../../sql/statement";
import { type Instant, compareInstants, formatInstant } from "../../time/instant";
import { formatSpan } from "../../time/span";
import { type PlannedWindow, describeWindow, planWindow } from "../../window/window-partitions";
import type { Clocks } from "../../window/clocks";
import { formatStatementLines } from "../../sql/statement-text";
import type { PlanEntry, PlanReport, WindowPlan } from "../change/plan-types";

/** Computes the figures of a plan that follow from its entries and statements alone. */
export function computeSummary(
  window: PlannedWindow,
  create: readonly PlanEntry[],
  retire: readonly PlanEntry[],
  statements: readonly Statement[],
  besides: readonly Statement[] = [],
): Omit<WindowPlan, "complete" | "alignCount" | "partitionCount" | "deferred"> &
  Pick<PlanReport, "create" | "retire" | "statements"> {
  const leaving = retire.filter((item) => item.verb !== "finalize");
  const count = (verb: PlanEntry["verb"]): number => leaving.filter((item) => item.verb === verb).length;
  const countIntervals = (verb: PlanEntry["verb"]): number =>
    leaving.filter((item) => item.verb === verb).reduce((sum, item) => sum + (item.intervals ?? 1), 0);
  // Counts each partition once, however many steps it takes.
  const counted = [...new Map(leaving.map((item) => [item.partition, item])).values()];
  const uncounted = counted.filter((item) => item.rows === undefined).length;
  const youngest = leaving.reduce<PlanEntry | undefined>(
    (found, item) => (found && (found.ageDays ?? 0) <= (item.ageDays ?? 0) ? found : item),
    undefined,
  );
  return {
    window: summarizeWindow(window),
    createCount: create.length,
    detachCount: count("detach"),
    ...(count("archive") > 0 ? { archiveCount: count("archive") } : {}),
    dropCount: count("drop"),
    ...(countIntervals("detach") > count("detach") ? { detachIntervals: countIntervals("detach") } : {}),
    ...(countIntervals("drop") > count("drop") ? { dropIntervals: countIntervals("drop") } : {}),
    rows: counted.reduce((sum, item) => sum + (item.rows ?? 0), 0),
    ...(uncounted > 0 ? { uncounted } : {}),
    bytes: counted.reduce((sum, item) => sum + (item.bytes ?? 0), 0),
    ...(youngest
      ? { youngestDrop: { partition: youngest.partition, to: youngest.to, ageDays: youngest.ageDays ?? 0 } }
      : {}),
    hazards: listHazards([...besides, ...statements]),
    create,
    retire,
    locks: findStrongestLocks([...besides, ...statements]),
    statements,
    statementCount: statements.length,
    statementDigest: digestStatements(statements),
  };
}

function digestStatements(statements: readonly Statement[]): string {
  return createHash("sha256").update(formatStatementLines(statements).join("\n"), "utf8").digest("hex").slice(0, 16);
}

/** Returns what policies and state need of a plan: a state must not have every statement and every sentence of it. */
export function toFigures(report: PlanReport): WindowPlan {
  const { create: _c, restore, align: _a, upkeep: _u, kept: _k, notes: _n, statements: _s, ...figures } = report;
  return {
    ...figures,
    ...(restore.length > 0 ? { restoreCount: restore.length } : {}),
    retire: report.retire.slice(0, MAX_LISTED_DROPS),
    deferred: report.deferred.slice(0, MAX_LISTED_DROPS),
  };
}

function summarizeWindow(window: PlannedWindow): WindowPlan["window"] {
  return {
    from: formatInstant(window.desired[0]?.from ?? window.asOf),
    to: formatInstant(window.runway ?? window.asOf),
    partitions: window.desired.length,
    ...(window.horizon ? { horizon: formatInstant(window.horizon) } : {}),
  };
}

/** Returns window and rule of the last update where they differ from the current ones. */
export function describePreviousWindow(
  registered: WindowSpec | undefined,
  spec: WindowSpec,
  window: PlannedWindow,
  asOf: Instant,
): Partial<WindowPlan> {
  if (!registered) return {};
  const before = planWindow(registered, asOf);
  return {
    ...(describeWindow(before) === describeWindow(window) ? {} : { previousWindow: summarizeWindow(before) }),
    ...describePreviousRule(registered, spec),
  };
}

function describePreviousRule(registered: WindowSpec, spec: WindowSpec): Partial<WindowPlan> {
  const before = describeRule(registered);
  const now = describeRule(spec);
  return before.retention === now.retention && before.onExpire === now.onExpire ? {} : { previous: before };
}

function describeRule({ retention, onExpire }: WindowSpec): { readonly retention: string; readonly onExpire: string } {
  return { retention: retention === "forever" ? retention : formatSpan(retention), onExpire };
}

/** Reports a fixed end that has passed: not an error, but current writes have no partition. */
export function noteRunway(window: PlannedWindow, clocks: Clocks): string[] {
  if (window.runway === undefined || compareInstants(window.runway, clocks.asOf) > 0) return [];
  return [
    `the window ends ${formatInstant(window.runway)}, before the present: rows of today have no partition; extend the lead`,
  ];
}
