import type { PlanEntry, WindowPlan } from "./plan-types";
import { HAZARDS } from "../../sql/statement";
import { formatBytes } from "../../size";
import { getTraits, VERB_NAMES } from "./verbs";

/** Number of partitions that the text lists before it only counts them. */
const LISTED_PARTITIONS = 20;

/** Renders the plan of one table as preview prints it: window, partitions that come and go, every statement, obstacles. */
export function renderPlan(table: string, plan: WindowPlan, listed: { partitions?: number } = {}): string {
  const partitions = listed.partitions ?? LISTED_PARTITIONS;
  return [
    `${table}: ${formatWindowLine(plan)}`,
    ...renderSection("create", plan.create, plan.createCount, partitions),
    ...renderSection("restore", plan.restore ?? [], plan.restore?.length ?? 0, partitions),
    ...renderSection("align", plan.align, plan.alignCount, partitions),
    ...renderSection("upkeep", plan.upkeep ?? [], plan.upkeep?.length ?? 0, partitions),
    ...renderSection("retire", plan.retire, plan.retire.length, partitions, true),
    ...renderSection("later", plan.deferred, plan.deferred.length, partitions),
    ...renderSection(
      "kept",
      plan.kept.map((entry) => ({ ...entry, verb: "keep" })),
      plan.kept.length,
      partitions,
    ),
    ...renderStatements(plan),
    ...plan.hazards.map((hazard) => `  hazard ${hazard}: ${HAZARDS[hazard]}`),
    ...plan.notes.map((note) => `  note: ${note}`),
    ...(plan.complete
      ? []
      : [`  not complete: ${plan.incompleteBecause ?? "the database was not asked"}; nothing is retired by it`]),
  ].join("\n");
}

/** One line for the status column: `window 2025-11-01 .. 2027-03-01, 1 to create, 1 to detach`. */
export function summarizePlan(plan: WindowPlan): string {
  const parts = [
    plan.createCount > 0 ? `${plan.createCount} to create` : "",
    (plan.restore ?? []).length > 0 ? `${(plan.restore ?? []).length} to restore` : "",
    plan.alignCount > 0 ? `${plan.alignCount} to align` : "",
    ...VERB_NAMES.map((verb) =>
      plan.upkeep?.some((item) => item.verb === verb) ? (getTraits(verb).inShort ?? "") : "",
    ),
    plan.detachCount > 0 ? `${plan.detachCount} to detach` : "",
    (plan.archiveCount ?? 0) > 0 ? `${plan.archiveCount} to archive` : "",
    plan.dropCount > 0 ? `${plan.dropCount} to drop` : "",
    plan.prepareCount === undefined || movesPartitions(plan)
      ? ""
      : `statements of ${plan.prepareCount} coming partitions to store in the database`,
  ].filter((part) => part !== "");
  return parts.length > 0 ? parts.join(", ") : "nothing to do";
}

/** True if partitions come or go; the statements prepared for the schedule are then not mentioned. */
function movesPartitions(plan: WindowPlan): boolean {
  return (
    plan.createCount +
      (plan.restore ?? []).length +
      plan.alignCount +
      plan.detachCount +
      (plan.archiveCount ?? 0) +
      plan.dropCount >
    0
  );
}

function formatWindowLine(plan: WindowPlan): string {
  const now = formatWindow(plan.window);
  const before = plan.previousWindow ? `${formatWindow(plan.previousWindow)} -> ` : "";
  const leaving =
    plan.detachCount + (plan.archiveCount ?? 0) + plan.dropCount > 0
      ? `; leaving: ${formatLeavingRows(plan)}, ${formatBytes(plan.bytes)}`
      : "";
  return `window ${before}${now}; ${summarizePlan(plan)}${leaving}`;
}

/** Never writes 0 for rows that nothing has counted. */
function formatLeavingRows({ rows, uncounted = 0 }: WindowPlan): string {
  if (uncounted === 0) return formatRows(rows);
  const unknown = `rows unknown of ${uncounted} ${uncounted === 1 ? "partition" : "partitions"} never analyzed`;
  return rows === 0 ? unknown : `${formatRows(rows)} and ${unknown}`;
}

function formatWindow(window: WindowPlan["window"]): string {
  return `${formatShortTime(window.from)} .. ${formatShortTime(window.to)} (${window.partitions})`;
}

/** @param named true to name those that are only counted: no partition leaves without its name */
function renderSection(
  title: string,
  entries: readonly Line[],
  count: number,
  listed: number,
  named = false,
): string[] {
  if (count === 0) return [];
  const shown = entries.slice(0, listed).map((entry) => `    ${formatEntry(entry)}`);
  const rest = entries.slice(listed).map(({ verb, partition }) => `${verb} ${partition}`);
  const names = named && rest.length > 0 ? `: ${rest.join(", ")}` : "";
  const more = count > shown.length ? [`    … and ${count - shown.length} more${names}`] : [];
  return [`  ${title}:`, ...shown, ...more];
}

/** An entry with the word that begins its line. */
type Line = Omit<PlanEntry, "verb"> & { readonly verb: PlanEntry["verb"] | "keep" };

function formatEntry(entry: Line): string {
  const facts = [
    entry.rows === undefined ? "" : formatRows(entry.rows),
    entry.bytes === undefined ? "" : formatBytes(entry.bytes),
    entry.ageDays === undefined || entry.ageDays < 0 ? "" : `ended ${entry.ageDays} days ago`,
    entry.dropOn === undefined || entry.verb === "drop" ? "" : `dropped on ${formatShortTime(entry.dropOn)} or later`,
  ].filter((fact) => fact !== "");
  const open = entry.from === ".." && entry.to === "..";
  const bounds = open ? "" : ` [${formatShortTime(entry.from)}, ${formatShortTime(entry.to)})`;
  return `${entry.verb} ${entry.partition}${bounds}${facts.length > 0 ? ` ${facts.join(", ")}` : ""}: ${entry.reason}`;
}

function renderStatements(plan: WindowPlan): string[] {
  if (plan.statementCount === 0) return [];
  const shown = plan.statements.filter((line) => /;  -- /.test(line)).length;
  const kinds = shown < plan.statementCount ? ", each kind once, what deletes or detaches first" : "";
  return [`  statements (${plan.statementCount}${kinds}):`, ...plan.statements.map((line) => `    ${line}`)];
}

function formatRows(rows: number): string {
  return `~${rows} rows`;
}

/** Writes midnight UTC as a date. */
function formatShortTime(text: string): string {
  return text.replace(/T00:00:00Z$/, "");
}
