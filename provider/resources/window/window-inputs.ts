import type { TablePlan } from "../../../core/plan/table-plan";
import type { WindowPlan, WorkItem } from "../../../core/plan/change/plan-types";
import { type Problem as CoreProblem, formatProblem } from "../../../core/problems/problem";
import { partitionWindowType } from "../../../core/resources/partition-window";
import type { WindowSpec } from "../../../core/declare/table/spec";
import { type Instant, parseInstant } from "../../../core/time/instant";
import { describeWindow, planWindow } from "../../../core/window/window-partitions";
import { summarizePlan } from "../../../core/plan/report/render-report";
import { toFigures } from "../../../core/plan/report/report";
import { digestPartitions, decodeWindow } from "../../../core/window/wire";
import { Refusal } from "../../runtime/failures";
import { containsUnknown, isList, isMap, type PropertyMap, type PropertyValue } from "../../runtime/values";
import type { Parsed } from "../shared/define-resource";

/** Parsed inputs of PartitionWindow: the rule, the clock, and the pending work that Check found. */
export interface WindowInputs {
  readonly spec: WindowSpec;
  readonly asOf: Instant;
  readonly childDigest: string | undefined;
  readonly work: readonly WorkItem[];
  readonly complete: boolean;
}

/** Declared keys: a change of one of these is a change of intent. `work`, `plan` and their facts are not included. */
export const DECLARED_WINDOW_KEYS = partitionWindowType.inputs.omit({ plan: true }).keyof().options;

export function readWindowInputs(inputs: PropertyMap): Parsed<WindowInputs> {
  const window = decodeWindow(omitUnknownBucket(inputs));
  if ("problems" in window) return window;
  const asOf = readAsOf(inputs["asOf"]);
  if (!asOf) {
    return {
      problems: [
        {
          path: "asOf",
          code: "invalid-time",
          message: "asOf is not a time.",
          fix: 'Write ISO 8601, for example "2026-01-01T00:00:00Z".',
        },
      ],
    };
  }
  const plan = inputs["plan"];
  return {
    value: {
      spec: window.spec,
      asOf,
      childDigest: typeof inputs["childDigest"] === "string" ? inputs["childDigest"] : undefined,
      work: readWork(inputs["work"]),
      complete: isMap(plan) && plan["complete"] === true,
    },
  };
}

/** Removes the archive's location while it is unknown because the same program creates the bucket; everything else is known. */
export function omitUnknownBucket(inputs: PropertyMap): PropertyMap {
  const archive = inputs["archive"];
  if (!isMap(archive) || !containsUnknown(archive["to"])) return inputs;
  const { to: _, ...rest } = archive;
  return { ...inputs, archive: rest };
}

export function requireWindowInputs(inputs: PropertyMap): WindowInputs {
  const read = readWindowInputs(inputs);
  if ("problems" in read)
    throw new Refusal(`the inputs of the window are not valid: ${read.problems.map(formatProblem).join("; ")}`);
  return read.value;
}

/**
 * Compares window and partitions, which one component declares from one value. If they differ, ignoreChanges or a transform
 * reached only one of them, and the window would retire partitions that the program still declares.
 */
export function findDigestProblems(inputs: WindowInputs): CoreProblem[] {
  if (inputs.childDigest === undefined || inputs.spec.resources === "window") return [];
  const window = planWindow(inputs.spec, inputs.asOf);
  if (digestPartitions(window.desired) === inputs.childDigest) return [];
  return [
    {
      path: "childDigest",
      code: "conflict",
      message:
        `the window of "${inputs.spec.schema}.${inputs.spec.table}" (${describeWindow(window)}) is not the one of its declared partitions; ` +
        "ignoreChanges or a transform changed only one of the two.",
      fix: "Apply it to the PartitionedTable's arguments instead, so that both follow.",
    },
  ];
}

/** Returns the inputs for state and policies: declared keys as given, the plan replaced by the figures of the live one. */
export function setPlan(news: PropertyMap, { work, plan }: Pick<TablePlan, "work" | "plan">): PropertyMap {
  return { ...news, changes: summarizePlan(plan), work: toProperty(work), plan: toProperty(toFigures(plan)) };
}

export function readPlan(inputs: PropertyMap): WindowPlan | undefined {
  const plan = inputs["plan"];
  // Written by setPlan or by the component, both from a WindowPlan.
  return isMap(plan) ? (plan as unknown as WindowPlan) : undefined;
}

function readAsOf(value: PropertyValue | undefined): Instant | undefined {
  if (typeof value !== "string") return undefined;
  try {
    return parseInstant(value, "UTC");
  } catch {
    return undefined;
  }
}

function readWork(value: PropertyValue | undefined): WorkItem[] {
  if (!isList(value)) return [];
  return value.flatMap((item) => (isMap(item) ? [item as unknown as WorkItem] : []));
}

function toProperty(value: object): PropertyValue {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => (inner === undefined ? undefined : inner)),
  ) as PropertyValue;
}
