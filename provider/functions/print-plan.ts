import { printPlanInputs } from "../../core/resources/print-plan";
import { renderReports } from "../../core/plan/report/render-report";
import { readWire } from "../../core/declare/table/wire";
import { toFailures } from "../resources/shared/inputs";
import type { ProviderFunction } from "../runtime/provider-module";
import type { Runtime } from "../runtime/runtime";

/** Implements `pgpartition:index:printPlan`: prints the plans of several tables as one, under the stack. */
export function printPlan(runtime: Runtime): ProviderFunction {
  return (ctx, { args }) => {
    const read = readWire(printPlanInputs, args);
    if ("problems" in read) return Promise.resolve({ result: {}, failures: toFailures(read.problems) });
    const { tables } = read.value;
    const reports = runtime.plans.take(tables);
    const besides = tables.map((table) => runtime.listBesides(table));
    const text = reports.length > 0 ? renderReports(reports, { tables: tables.length, besides: besides.flat() }) : "";
    if (text !== "") ctx.log.info(text);
    return Promise.resolve({ result: { text } });
  };
}
