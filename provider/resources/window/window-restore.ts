import { openStoreOfManifest } from "../../../archive/store/archive-place";
import { bringBack, type RestoreFacts } from "../../../archive/restore/bring-back";
import { toStoreSettings } from "../../../core/declare/archive/archive-spec";
import type { Creation } from "../../../core/plan/create/creation";
import { listRestores, planCreated, planParent } from "../../../core/plan/plan-changes";
import { hasWork } from "../../../core/plan/change/work";
import type { ResourceContext } from "../../runtime/call-context";
import type { Runtime } from "../../runtime/runtime";
import type { Failures } from "./window-turn";
import type { WindowInputs } from "./window-inputs";
import { readCreateContext } from "./plan-context";
import { createWorkContext } from "../shared/run-context";

/** Restores the partitions of the checked plan, one after the other. Returns how many were attached. */
export async function restoreDue(
  ctx: ResourceContext,
  runtime: Runtime,
  inputs: WindowInputs,
  failures: Failures,
): Promise<number> {
  const { spec } = inputs;
  if (spec.restored.length === 0) return 0;
  const { creations } = await factsOf(runtime, inputs);
  let attached = 0;
  for (const wanted of creations.filter((one) => isNamed(inputs, one))) {
    if (ctx.signal.aborted) break;
    try {
      const back = await bringBack({
        work: createWorkContext(runtime, ctx),
        table: { schema: spec.schema, table: spec.table },
        wanted,
        look: () => factsOf(runtime, inputs),
        openStore: (manifest) => openStoreOfManifest(spec, toStoreSettings(spec.archive), manifest),
      });
      if (back) attached += 1;
    } catch (error) {
      failures.add(`restore "${wanted.partition.name}"`, error);
    }
  }
  return attached;
}

/** Excludes ranges that return to a larger window without an archive: normal creation handles those. */
function isNamed({ work }: WindowInputs, creation: Creation): boolean {
  const { kind, partition } = creation;
  if (kind === "restore") return hasWork(work, "restore", partition);
  return kind === "attach" && creation.readOnly === true && hasWork(work, "attach", partition);
}

/** Reads the facts; a table that is now declared differently has nothing to restore. */
async function factsOf(runtime: Runtime, inputs: WindowInputs): Promise<RestoreFacts> {
  const { spec } = inputs;
  const observation = await runtime.observeAgain(spec, spec.key);
  const context = await readCreateContext(runtime, inputs, observation);
  const created = planCreated(context);
  const isPossible = created.problems.length === 0;
  return {
    parent: isPossible ? planParent(context) : undefined,
    columns: observation.table?.columns ?? [],
    detached: observation.detached,
    creations: isPossible ? [...listRestores(created), ...created.creations] : [],
  };
}
