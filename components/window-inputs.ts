// What a PartitionedTable gives to its PartitionWindow, and the plan that it makes without the database.
import type * as pulumi from "@pulumi/pulumi";
import type { TableSpec } from "../core/declare/table/spec";
import type { PlanReport } from "../core/plan/change/plan-types";
import { toFigures } from "../core/plan/report/report";
import { planFromSpec } from "../core/plan/spec-plan";
import { InvalidSpecError } from "../core/problems/problem";
import { formatInstant, type Instant } from "../core/time/instant";
import { type PlannedWindow, planWindow } from "../core/window/window-partitions";
import { digestPartitions, encodeWindow } from "../core/window/wire";
import type { PartitionWindow } from "./resources";

export type PartitionWindowArgs = ConstructorParameters<typeof PartitionWindow>[1];

/** Inputs of the window, with the place of its archive only if it is a table. */
export type WindowInputs = ReturnType<typeof buildWindowInputs>;

export function buildWindowInputs(spec: TableSpec, window: PlannedWindow) {
  const { archive, ...wire } = encodeWindow(spec.window);
  const { to: _, ...settings } = archive ?? {};
  return {
    ...wire,
    ...(archive ? { archive: settings as Omit<typeof archive, "to"> } : {}),
    asOf: formatInstant(window.asOf),
    ...(spec.window.resources === "partition" ? { childDigest: digestPartitions(window.desired) } : {}),
    plan: toFigures(planWithoutDatabase(spec, window)),
  };
}

/** Plans what the clock alone decides. */
export function planWithoutDatabase(spec: TableSpec, window: PlannedWindow): PlanReport {
  return planFromSpec(spec, window.asOf, "the provider has not read the database");
}

/** Adds the place of the archive, which may be an output of a bucket in the same program. */
export function setPlace(inputs: WindowInputs, to: pulumi.Input<string> | undefined): PartitionWindowArgs {
  return inputs.archive && to !== undefined ? { ...inputs, archive: { ...inputs.archive, to } } : inputs;
}

/** Throws if the clock and the declaration give no window. */
export function requireWindow(name: string, spec: TableSpec, asOf: Instant): PlannedWindow {
  const window = planWindow(spec.window, asOf);
  if (window.problems.length > 0) throw new InvalidSpecError(`table "${name}"`, window.problems);
  return window;
}
