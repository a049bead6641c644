import type { Statement } from "../../sql/statement";
import { formatStatementLines } from "../../sql/statement-text";
import type { PlanReport } from "../change/plan-types";
import { renderReports, type TableReport } from "./render-report";

/** What one resource would run, whole: the plan of a window, or the statements of another resource under a heading. */
export interface PlanRecord {
  readonly heading?: string;
  /** `schema.table` and plan of a window. */
  readonly table?: string;
  readonly plan?: Omit<PlanReport, "statements">;
  readonly statements: readonly Statement[];
}

/** A line of the file that the provider writes during a preview. */
interface PlanLine extends PlanRecord {
  readonly urn: string;
}

export function formatPlanLine(line: PlanLine): string {
  return JSON.stringify(line);
}

/** Reads the file of a preview that has ended. */
export function parsePlanLines(text: string): PlanLine[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as PlanLine);
}

/** Returns the plans of windows among the records. */
function listTableReports(records: readonly PlanRecord[]): TableReport[] {
  return records.flatMap(({ table, plan, statements }) =>
    table !== undefined && plan ? [{ table, plan: { ...plan, statements } }] : [],
  );
}

/** Renders records whole: the plans of tables, then the statements of other resources. */
export function renderRecords(records: readonly PlanRecord[]): string {
  const tables = listTableReports(records);
  const others = records.filter(({ plan }) => plan === undefined);
  return [
    ...(tables.length > 0 ? [renderReports(tables, { whole: true })] : []),
    ...others.map(({ heading = "", statements }) =>
      [heading, ...formatStatementLines(statements).map((line) => `  ${line}`)].join("\n"),
    ),
  ].join("\n");
}
