import type { DefaultFacts, WindowPlan } from "../../../core/plan/change/plan-types";
import type { KnownProperties } from "./rule";

/** Properties of a PartitionWindow that the rules read. Undefined: not declared, or not known yet (then listed as unknown). */
export interface WindowProperties {
  /** `schema.table`, for messages. */
  readonly table: string;
  readonly retention: string | undefined;
  readonly lead: string | { readonly until: string } | undefined;
  readonly onExpire: string | undefined;
  readonly grace: string | undefined;
  readonly reason: string | undefined;
  readonly dataClass: string | undefined;
  readonly owner: string | undefined;
  readonly asOf: string | undefined;
  readonly approvedBy: string | undefined;
  readonly keyColumn: string | undefined;
  /** Type of the key's column and meaning of its values: as declared, else as in the database. */
  readonly keyKind: string | undefined;
  /** The plan against the live database, or why none can be judged. */
  readonly plan: WindowPlan | { readonly missingBecause: string };
}

/** Reads defensively: when Check refuses a resource, policies still see it, with arbitrary properties. */
export function readWindow({ values, unknown }: KnownProperties): WindowProperties {
  const readText = (key: string): string | undefined => {
    const value = values[key];
    return typeof value === "string" && value.trim() !== "" ? value : undefined;
  };
  return {
    table: `${readText("schema") ?? "?"}.${readText("table") ?? "?"}`,
    retention: readText("retention"),
    lead: readText("lead") ?? readUntil(values["lead"]),
    onExpire: readText("onExpire"),
    grace: readText("grace"),
    reason: readText("reason"),
    dataClass: readText("dataClass"),
    owner: readText("owner"),
    asOf: readText("asOf"),
    approvedBy: readText("approvedBy"),
    keyColumn: readKeyText(values["key"], "column"),
    keyKind: readKeyText(values["key"], "kind") ?? readKeyText(values["plan"], "keyKind"),
    plan: readPlan(values["plan"], unknown),
  };
}

/** Returns the complete plan, or undefined: then the rule every-rule-evaluated reports it, once for all. */
export function getCompletePlan(window: WindowProperties): WindowPlan | undefined {
  return "missingBecause" in window.plan ? undefined : window.plan;
}

/** Reads the default partition from any plan: a declared one is known without the database. Undefined: none is known. */
export function readDefaultPartition({ values }: KnownProperties): DefaultFacts | undefined {
  const plan = values["plan"];
  if (typeof plan !== "object" || plan === null || !("defaultPartition" in plan)) return undefined;
  const found = plan.defaultPartition as Partial<DefaultFacts> | null;
  if (typeof found?.name !== "string") return undefined;
  return {
    name: found.name,
    declared: found.declared === true,
    ...(typeof found.rows === "number" ? { rows: found.rows } : {}),
  };
}

function readKeyText(value: unknown, name: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found = (value as Readonly<Record<string, unknown>>)[name];
  return typeof found === "string" ? found : undefined;
}

function readUntil(value: unknown): { until: string } | undefined {
  if (typeof value !== "object" || value === null || !("until" in value)) return undefined;
  return typeof value.until === "string" ? { until: value.until } : undefined;
}

function readPlan(value: unknown, unknown: readonly string[]): WindowPlan | { missingBecause: string } {
  if (unknown.includes("plan")) return { missingBecause: "the plan is not known yet" };
  if (typeof value !== "object" || value === null) return { missingBecause: "the resource carries no plan" };
  const plan = value as Partial<WindowPlan>;
  if (plan.complete !== true) {
    return { missingBecause: plan.incompleteBecause ?? "the plan was created without the database" };
  }
  return hasAggregates(plan) ? plan : { missingBecause: "the plan lacks its totals" };
}

/** Checks for the aggregates that the rules read; lists may be cut, these never are. */
function hasAggregates(plan: Partial<WindowPlan>): plan is WindowPlan {
  const counts = [plan.partitionCount, plan.createCount, plan.detachCount, plan.dropCount];
  return counts.every((count) => typeof count === "number") && Array.isArray(plan.hazards) && plan.window !== undefined;
}
