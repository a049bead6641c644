import { formatTableId } from "../../core/names/resource-id";
import { type DeclaredPartition, planDeclaredPartitions } from "../../core/plan/declared-partitions";
import { planRetired } from "../../core/plan/plan-changes";
import { encodePartitionsAnswer } from "../../core/resources/plan-partitions";
import type { ProviderFunction } from "../runtime/provider-module";
import type { Runtime } from "../runtime/runtime";
import { isMap, type PropertyMap } from "../runtime/values";
import { toFailures } from "../resources/shared/inputs";
import { computeByteLimit } from "../resources/window/byte-share";
import { readRetireContext } from "../resources/window/plan-context";
import { readFormerPartitions } from "../resources/window/registered-window";
import { readWindowInputs, type WindowInputs } from "../resources/window/window-inputs";
import { listReleasing } from "../resources/window/releasing";

/**
 * Implements `pgpartition:index:planPartitions`: the partitions that a program should declare as resources. Answers from the
 * reading and the rules with which PartitionWindow's Check plans retirement.
 */
export function planPartitions(runtime: Runtime): ProviderFunction {
  return async (_ctx, { args, preview }) => {
    const { window = null } = args;
    const read = readWindowInputs(isMap(window) ? window : {});
    if ("problems" in read) return { result: {}, failures: toFailures(read.problems) };
    // A program that asks this also asks for the plans of its tables.
    if (preview) runtime.plans.awaitRequest(read.value.spec);
    return { result: encodePartitionsAnswer(await answer(runtime, read.value)) as PropertyMap };
  };
}

async function answer(runtime: Runtime, inputs: WindowInputs): Promise<readonly DeclaredPartition[]> {
  const { spec } = inputs;
  if (spec.resources === "window") {
    runtime.outside.set(formatTableId(spec), []);
    return [];
  }
  const observation = await runtime.observe(spec, spec.key);
  const limit = () => computeByteLimit(runtime, spec);
  const context = await readRetireContext(runtime, inputs, observation, limit);
  // Rows of a partition that leaves in this run keep none of another table: those are asked for after this one.
  const { due } = planRetired(context);
  runtime.leaving.set(formatTableId(spec), listReleasing(due));
  const { declared, outside } = planDeclaredPartitions(context, readFormerPartitions(observation), due);
  runtime.outside.set(formatTableId(spec), outside);
  return declared;
}
