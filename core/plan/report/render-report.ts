import { HAZARDS, listHazards, type Statement } from "../../sql/statement";
import { areFew, countTransactions, formatStatementKinds } from "../../sql/statement-kinds";
import { formatStatementLines } from "../../sql/statement-text";
import { formatBytes } from "../../size";
import type { PlanEntry, PlanReport, WindowPlan } from "../change/plan-types";
import { describeCounts, describeStrongestLock, describeTotals, type DroppedTable, formatRows } from "./counts";
import { formatShortTime } from "./short-time";

/** One planned table with its name, `schema.table`. */
export interface TableReport {
  readonly table: string;
  readonly plan: PlanReport;
}

/** Changes of one verb that are listed by name, one in a line. */
const LISTED_CHANGES = 20;

/** What is said around the plans. */
interface ReportOptions {
  /** Number of tables declared, of which some change. Default: those that change. */
  readonly tables?: number;
  /** Statements of other resources of these tables, which print them themselves. */
  readonly besides?: readonly Statement[];
  /** Former tables of conversions that are dropped; their resources print the statements. */
  readonly formers?: readonly DroppedTable[];
  /** Every change and every statement, however many they are. */
  readonly whole?: boolean;
}

/**
 * Renders planned tables as preview prints them: one line over all, then each table with its changes and their reasons, then
 * the statements with their locks. `pgpartition plan` prints the same, whole.
 */
export function renderReports(
  reports: readonly TableReport[],
  { tables = reports.length, besides = [], formers = [], whole = false }: ReportOptions = {},
): string {
  const plans = reports.map(({ plan }) => plan);
  const statements = plans.flatMap((plan) => plan.statements);
  const few = whole || areFew(statements, reports.length);
  const hazards = listHazards(statements);
  return [
    ...(tables > 1 ? [describeTotals(plans, tables, besides, formers)] : []),
    ...reports.flatMap((report) => [...renderTable(report, whole), ...(few ? listStatements(report.plan) : [])]),
    ...[...(few ? [] : listKinds(plans)), ...hazards.map((hazard) => `hazard ${hazard}: ${HAZARDS[hazard]}`)].map(
      // They are of all tables, or of the only one.
      (line) => (tables > 1 ? line : `  ${line}`),
    ),
  ].join("\n");
}

/** The plan of a table in one line, for the status column. */
export function summarizePlan(plan: PlanReport): string {
  return describeCounts([plan]);
}

function renderTable({ table, plan }: TableReport, whole: boolean): string[] {
  const listed = whole ? Infinity : LISTED_CHANGES;
  return [
    `${table}: ${[describeCounts([plan]), ...describeStrongestLock([plan])].join("; ")}; ${formatWindowLine(plan)}`,
    ...listChanges(sortByLoss(plan.retire), listed, true),
    ...listChanges(plan.restore, listed),
    ...(whole ? listChanges(plan.create, listed) : listCreations(plan.create)),
    ...listChanges(plan.align, listed),
    ...listChanges(plan.upkeep, listed),
    ...listChanges(plan.deferred, listed, true).map((line) => line.replace(/^ {2}/, "  not now: ")),
    ...listChanges(plan.kept, listed).map((line) => line.replace(/^ {2}\w+/, "  keep")),
    ...plan.notes.map((note) => `  note: ${note}`),
    ...(plan.complete
      ? []
      : [`  not complete: ${plan.incompleteBecause ?? "the database was not asked"}; nothing is retired by it`]),
  ];
}

function formatWindowLine({ window, previousWindow }: WindowPlan): string {
  const before = previousWindow ? `${formatWindow(previousWindow)} -> ` : "";
  return `window ${before}${formatWindow(window)}`;
}

function formatWindow(window: WindowPlan["window"]): string {
  return `${formatShortTime(window.from)} .. ${formatShortTime(window.to)} (${window.partitions})`;
}

/** What cannot be taken back comes first. */
function sortByLoss(entries: readonly PlanEntry[]): PlanEntry[] {
  const order: readonly string[] = ["drop", "archive", "detach", "finalize"];
  return [...entries].sort((a, b) => order.indexOf(a.verb) - order.indexOf(b.verb));
}

/** @param named true to name those that are not listed: no partition leaves without its name */
function listChanges(entries: readonly PlanEntry[], listed: number, named = false): string[] {
  const shown = entries.slice(0, listed).map((entry) => `  ${formatEntry(entry)}`);
  const rest = entries.slice(listed).map(({ verb, partition }) => `${verb} ${partition}`);
  if (rest.length === 0) return shown;
  return [...shown, `  … and ${rest.length} more${named ? `: ${rest.join(", ")}` : ""}`];
}

/** Creations in a row, for one reason, are one line: creating a partition loses nothing. */
function listCreations(entries: readonly PlanEntry[]): string[] {
  const runs: PlanEntry[][] = [];
  for (const entry of entries) {
    const last = runs.at(-1)?.at(-1);
    if (last && last.verb === entry.verb && last.reason === entry.reason && last.to === entry.from)
      runs.at(-1)?.push(entry);
    else runs.push([entry]);
  }
  const lines = runs.flatMap((run) => {
    const [first, last] = [run[0], run.at(-1)];
    if (!first || !last || run.length < 3) return run.map((entry) => `  ${formatEntry(entry)}`);
    const span = formatBounds({ from: first.from, to: last.to });
    return [
      `  ${first.verb} ${run.length} partitions, ${first.partition} to ${last.partition}${span}: ${formatShortTime(first.reason)}`,
    ];
  });
  const rest = lines.length - LISTED_CHANGES;
  return rest > 0 ? [...lines.slice(0, LISTED_CHANGES), `  … and ${rest} more`] : lines;
}

function formatEntry(entry: PlanEntry): string {
  const facts = [
    entry.rows === undefined ? "" : formatRows(entry.rows),
    entry.bytes === undefined ? "" : formatBytes(entry.bytes),
    entry.dropOn === undefined || entry.verb === "drop" ? "" : `dropped on ${formatShortTime(entry.dropOn)} or later`,
  ].filter((fact) => fact !== "");
  const said = facts.length > 0 ? ` ${facts.join(", ")}` : "";
  return `${entry.verb} ${entry.partition}${formatBounds(entry)}${said}: ${formatShortTime(entry.reason)}`;
}

function formatBounds({ from, to }: Pick<PlanEntry, "from" | "to">): string {
  return from === ".." && to === ".." ? "" : ` [${formatShortTime(from)}, ${formatShortTime(to)})`;
}

function listStatements({ statements }: PlanReport): string[] {
  if (statements.length === 0) return [];
  return [`  statements (${statements.length}):`, ...formatStatementLines(statements).map((line) => `    ${line}`)];
}

function listKinds(plans: readonly PlanReport[]): string[] {
  // A transaction of one table is none of another.
  const statements = plans.flatMap((plan, at) =>
    plan.statements.map((one) =>
      one.transaction === undefined ? one : { ...one, transaction: `${at} ${one.transaction}` },
    ),
  );
  return [
    `statements (${statements.length} in ${countTransactions(statements)} transactions; each kind once, what deletes or detaches first; \`pgpartition plan\` prints all):`,
    ...formatStatementKinds(statements).map((line) => `  ${line}`),
  ];
}
