import { formatTableId } from "../../core/names/resource-id";
import type { TableName } from "../../core/names/table-name";
import type { PlanReport } from "../../core/plan/change/plan-types";
import { renderReports, type TableReport } from "../../core/plan/report/render-report";
import type { ResourceLog } from "./call-context";

/**
 * Plans of this run's windows. Those of tables whose program asks for them are printed together, with one line over all of
 * them; others at once, each under its window.
 */
export class PrintedPlans {
  private readonly awaited = new Set<string>();
  private readonly waiting = new Map<string, { readonly report: TableReport; readonly log: ResourceLog }>();

  /** Keeps the plan of this table until its program asks for it. */
  awaitRequest(table: TableName): void {
    this.awaited.add(formatTableId(table));
  }

  print(log: ResourceLog, table: TableName, plan: PlanReport): void {
    const report = { table: `${table.schema}.${table.table}`, plan };
    const id = formatTableId(table);
    if (this.awaited.has(id)) this.waiting.set(id, { report, log });
    else log.info(renderReports([report]));
  }

  /** Returns the plans of these tables that change, and forgets them. */
  take(tables: readonly TableName[]): TableReport[] {
    return tables.map(formatTableId).flatMap((id) => {
      const found = this.waiting.get(id);
      this.waiting.delete(id);
      this.awaited.delete(id);
      return found ? [found.report] : [];
    });
  }

  /** After an error a program may not come to ask: what waits is printed now, and everything later at once. */
  release(): void {
    this.awaited.clear();
    for (const { report, log } of this.waiting.values()) log.info(renderReports([report]));
    this.waiting.clear();
  }
}
