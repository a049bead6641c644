import { printPlanInputs } from "../../core/resources/print-plan";
import { renderReports } from "../../core/plan/report/render-report";
import { formatTableId } from "../../core/names/resource-id";
import { readWire } from "../../core/declare/table/wire";
import { toFailures } from "../resources/shared/inputs";
import type { ProviderFunction } from "../runtime/provider-module";
import type { Runtime } from "../runtime/runtime";
import { tellLeavingConversions } from "./leaving-conversions";
import { tellLeavingTables } from "./leaving-tables";

/** Implements `pgpartition:index:printPlan`: prints the plans of several tables as one, under the stack. */
export function printPlan(runtime: Runtime): ProviderFunction {
  return async (ctx, { args }) => {
    const read = readWire(printPlanInputs, args);
    if ("problems" in read) return { result: {}, failures: toFailures(read.problems) };
    const { tables, owner, declared = [] } = read.value;
    const reports = runtime.plans.take(tables);
    const besides = tables.flatMap((table) => runtime.listBesides(table));
    const leaving = owner === undefined ? undefined : await tellLeavingTables(runtime, owner, declared);
    const conversions = owner === undefined ? [] : await tellLeavingConversions(runtime, owner, declared);
    for (const warning of leaving?.warnings ?? []) ctx.log.warn(warning);
    const formers = tables.flatMap((table) => runtime.formers.get(formatTableId(table)) ?? []);
    const isTold = reports.length > 0 || (formers.length > 0 && tables.length > 1);
    const plans = isTold ? [renderReports(reports, { tables: tables.length, besides, formers })] : [];
    // What cannot be taken back comes first.
    const text = [...(leaving?.destroyed ?? []), ...conversions, ...plans].join("\n");
    if (text !== "") ctx.log.info(text);
    return { result: { text } };
  };
}
