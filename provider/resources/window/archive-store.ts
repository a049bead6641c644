import { tmpdir } from "node:os";
import { explainMissingSpace, estimateSpoolBytes } from "../../../archive/store/disk-space";
import { openStore } from "../../../archive/store/open";
import type { ObjectStore } from "../../../archive/store/store";
import { type ArchiveSpec, toStoreSettings } from "../../../core/declare/archive/archive-spec";
import { describeArchiveTable } from "../../../core/declare/archive/table-destination";
import type { WindowSpec } from "../../../core/declare/table/spec";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";
import type { ArchiveNeeds } from "./archive-needs";

/** Time that a preview waits for the answer of a store. */
const PATIENCE_MS = 15_000;

/** Opens the store of a table's archives. Its bucket must be known by now. */
export function openStoreOfWindow(spec: WindowSpec): ObjectStore {
  const { archive } = spec;
  if (archive?.table)
    throw new Refusal(
      `archives of table "${spec.schema}.${spec.table}" are rows of ${describeArchiveTable(archive.table)}, not objects of a store: restore them by INSERT … SELECT`,
    );
  const settings = toStoreSettings(archive);
  if (!settings)
    throw new Refusal(`table "${spec.schema}.${spec.table}" has partitions to archive, and archive.to is unknown`);
  return openStore(settings);
}

/**
 * Returns the reason why the store cannot be used for archives or restores. Called if a pending step needs it, or it
 * is declared anew, once for each in a run: a preview must not promise what the update cannot do.
 */
export async function explainStoreTrouble(
  ctx: ResourceContext,
  runtime: Runtime,
  spec: WindowSpec,
  { mustArchive, mustDrop, mustRestore, isNew = false }: ArchiveNeeds,
): Promise<string | undefined> {
  if (!(mustArchive || mustDrop || mustRestore || isNew) || spec.archive?.to === undefined) return undefined;
  if (mustArchive) await warnOfSpace(ctx, spec, spec.archive);
  const writing = mustArchive || isNew;
  const name = JSON.stringify([spec.archive, writing]);
  const asked = runtime.stores.get(name) ?? ask(spec, writing);
  runtime.stores.set(name, asked);
  return asked;
}

/** Warns about low space, no more: the update may run on another machine. */
async function warnOfSpace(ctx: ResourceContext, spec: WindowSpec, archive: ArchiveSpec): Promise<void> {
  const problem = await explainMissingSpace(
    tmpdir(),
    estimateSpoolBytes(archive.spoolMegabytes * 1_000_000, archive.format),
  );
  if (problem === undefined) return;
  ctx.log.warn(`table "${spec.schema}.${spec.table}": nothing can be archived on this machine. ${problem}`);
}

async function ask(spec: WindowSpec, writing: boolean): Promise<string | undefined> {
  try {
    const store = openStoreOfWindow(spec);
    try {
      await store.check({ signal: AbortSignal.timeout(PATIENCE_MS), writing });
      return undefined;
    } finally {
      await store.close();
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
