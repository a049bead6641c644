import { needsArchive, type Retirement } from "../../../core/plan/retire/retiring";
import type { WindowSpec } from "../../../core/declare/table/spec";
import type { ResourceContext } from "../../runtime/context";
import type { Runtime } from "../../runtime/runtime";
import type { ArchiveNeeds } from "./archive-needs";
import { storeTrouble } from "./archive-store";
import { archiveTableTrouble } from "./archive-table";

/**
 * Why the place of a table's archives cannot be used now, or its settings are refused; undefined: it can. Asked where something
 * is due that needs it. Creation depends on none of it: a preview warns, and an update leaves alone what needs the archive and
 * fails at its end.
 */
export async function archiveTrouble(
  ctx: ResourceContext,
  runtime: Runtime,
  spec: WindowSpec,
  needs: ArchiveNeeds,
): Promise<string | undefined> {
  const found =
    (await storeTrouble(ctx, runtime, spec, needs)) ?? (await archiveTableTrouble(ctx, runtime, spec, needs));
  return found && `nothing can be archived or restored now; partitions are made all the same. ${found}`;
}

/** Whether a step is of no use, or of harm, as long as the archive cannot be made: what is detached for it can be read no more. */
export function waitsForArchive(step: Retirement): boolean {
  // What is half detached can be read no more already.
  if (step.verb === "detach") return step.promise.kind === "archive";
  return step.verb === "archive" || (step.verb === "drop" && needsArchive(step));
}
