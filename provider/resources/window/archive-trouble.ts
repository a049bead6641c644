import { needsArchive, type Retirement } from "../../../core/plan/retire/retiring";
import type { WindowSpec } from "../../../core/declare/table/spec";
import type { ResourceContext } from "../../runtime/call-context";
import type { Runtime } from "../../runtime/runtime";
import type { ArchiveNeeds } from "./archive-needs";
import { explainStoreTrouble } from "./archive-store";
import { explainTableTrouble } from "./archive-table";

/**
 * Returns the reason why a table's archive cannot be used now, or its settings are refused; undefined if it can. Called if a
 * pending step needs it. Creation never depends on it: a preview warns, and an update skips the steps that need the archive
 * and fails at its end.
 */
export async function explainArchiveTrouble(
  ctx: ResourceContext,
  runtime: Runtime,
  spec: WindowSpec,
  needs: ArchiveNeeds,
): Promise<string | undefined> {
  const found =
    (await explainStoreTrouble(ctx, runtime, spec, needs)) ?? (await explainTableTrouble(ctx, runtime, spec, needs));
  return found && `nothing can be archived or restored now; partitions are still created. ${found}`;
}

/** Returns true if a step is useless or harmful without an archive: a partition detached for it can no longer be read. */
export function waitsForArchive(step: Retirement): boolean {
  // A half-detached partition can no longer be read in any case.
  if (step.verb === "detach") return step.promise.kind === "archive";
  return step.verb === "archive" || (step.verb === "drop" && needsArchive(step));
}
