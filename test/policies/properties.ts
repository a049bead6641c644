// Properties that every rule accepts; a test breaks one thing.
import type { TableSpecArgs } from "../../components";
import { planFromSpec } from "../../core/plan/spec-plan";
import type { WindowPlan } from "../../core/plan/change/plan-types";
import { requireTableSpec } from "../../core/declare/table/parse";
import { parseInstant } from "../../core/time/instant";
import { type WindowWire, encodeWindow } from "../../core/window/wire";
import { arxos } from "../../stacks/tables/arxos";

export const ASOF = "2026-03-01T00:00:00Z";

/** As the engine writes a value that only the update will know (@pulumi/policy, proxy.js). */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type WindowProperties = Partial<WindowWire> & { asOf: string; plan: Partial<WindowPlan> };

/** What a policy sees of a declared table: the wire form of its window, and a complete plan that does nothing. */
export function propertiesOf(table: TableSpecArgs, plan: Partial<WindowPlan> = {}): WindowProperties {
  const spec = requireTableSpec(table, "a table");
  const { incompleteBecause: _because, ...made } = planFromSpec(spec, parseInstant(ASOF, "UTC"), "no database");
  const idle = { complete: true, createCount: 0, create: [], statements: [], statementCount: 0, hazards: [] };
  return { ...encodeWindow(spec.window), asOf: ASOF, plan: { ...made, ...idle, ...plan } };
}

/** audit_logs: class audit, 12 months, lead 3 months. */
export function audit(changes: Partial<WindowProperties> = {}, plan: Partial<WindowPlan> = {}): WindowProperties {
  const { defaultPartition: _allowed, ...table } = arxos.audit_logs;
  return { ...propertiesOf(table, plan), ...changes };
}

export function without(properties: WindowProperties, key: keyof WindowProperties): Partial<WindowProperties> {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => name !== key));
}
