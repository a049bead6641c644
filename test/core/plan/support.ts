// A table of twelve months whose partitions this program created, and what a plan retires of it.
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { windowSpec } from "../support/specs";
import { clocksAt, World } from "../support/world";

export const YEAR: Partial<TableSpecArgs> = { window: { lead: "3 months", retention: "12 months" } };

/** Twelve months of partitions before November 2025, made by us. */
export function rolled(spec = windowSpec(YEAR), at = "2025-11-10"): World {
  const world = new World();
  world.up(spec, clocksAt(at));
  return world;
}

export const retired = (plan: { retirements: readonly { verb: string; partition: string }[] }) =>
  plan.retirements.map((item) => `${item.verb} ${item.partition.replace("workflow_events_", "")}`);

export const month = (year: number, number: number) => {
  const text = (y: number, m: number) =>
    `${m > 12 ? y + 1 : y}-${String(m > 12 ? 1 : m).padStart(2, "0")}-01T00:00:00Z`;
  return `${text(year, number)}/${text(year, number + 1)}`;
};
